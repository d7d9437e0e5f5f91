import { requireMapping } from '../mapping/event-source-mappings.ts';
import { toMappingConfiguration } from '../mapping/mapping-configuration.ts';
import { serve } from '../operation.ts';

/** `GET /2015-03-31/event-source-mappings/{UUID}` */
export const getEventSourceMapping = serve('GetEventSourceMapping', (input, call) =>
  toMappingConfiguration(requireMapping(input.UUID, call), call.site),
);
