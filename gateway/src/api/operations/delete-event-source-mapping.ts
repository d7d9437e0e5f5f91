import { requireMapping } from '../mapping/event-source-mappings.ts';
import { toMappingConfiguration } from '../mapping/mapping-configuration.ts';
import { serve } from '../operation.ts';

/** `DELETE /2015-03-31/event-source-mappings/{UUID}` */
export const deleteEventSourceMapping = serve('DeleteEventSourceMapping', async (input, call) => {
  const mapping = requireMapping(input.UUID, call);
  await call.writer.delete(mapping, call.signal);
  return toMappingConfiguration(mapping, call.site, 'Deleting');
});
