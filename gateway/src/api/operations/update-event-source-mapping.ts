import { LAST_MODIFIED_ANNOTATION, type EventSourceMappingResource } from '@mayfly/api';
import { checkMapping, refuseUnservedSettings } from '../mapping/check-mapping.ts';
import {
  mappingNotFound,
  requireMapping,
  toMappedFunction,
} from '../mapping/event-source-mappings.ts';
import { toMappingConfiguration } from '../mapping/mapping-configuration.ts';
import { applyMappingSettings } from '../mapping/mapping-spec.ts';
import { serve } from '../operation.ts';

/** `PUT /2015-03-31/event-source-mappings/{UUID}`: what is not named stays. */
export const updateEventSourceMapping = serve(
  'UpdateEventSourceMapping',
  async (input, call) => {
    const { metadata: key } = requireMapping(input.UUID, call);
    refuseUnservedSettings(input);
    const { writer, clock, site, signal } = call;
    const { FunctionName } = input;
    const moved =
      FunctionName === undefined ? {} : { functionName: toMappedFunction(FunctionName, call) };
    const modified = new Date(clock.now()).toISOString();
    const change = (mapping: EventSourceMappingResource): EventSourceMappingResource => {
      const spec = { ...applyMappingSettings(mapping.spec, input), ...moved };
      checkMapping(spec, input);
      const { metadata } = mapping;
      const annotations = { ...metadata.annotations, [LAST_MODIFIED_ANNOTATION]: modified };
      return { ...mapping, metadata: { ...metadata, annotations }, spec };
    };
    const target = { key, notFound: mappingNotFound };
    const written = await writer.change('EventSourceMapping', target, { change, signal });
    return toMappingConfiguration(written, site, 'Updating');
  },
  { partial: 'kept, and not polled yet; what CreateEventSourceMapping refuses is refused' },
);
