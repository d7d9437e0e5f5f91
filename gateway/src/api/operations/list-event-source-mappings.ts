import type { EventSourceMappingResource } from '@mayfly/api';
import { toMappingConfiguration } from '../mapping/mapping-configuration.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';
import { readReference } from '../references.ts';

/** `GET /2015-03-31/event-source-mappings`: of a function without a qualifier, those of its versions and aliases too. */
export const listEventSourceMappings = serve(
  'ListEventSourceMappings',
  (input, { objects, site }) => {
    const { EventSourceArn, FunctionName } = input;
    const named = FunctionName === undefined ? undefined : readReference({ FunctionName }, site);
    const isAsked = ({ spec }: EventSourceMappingResource): boolean => {
      if (EventSourceArn !== undefined && spec.eventSourceArn !== EventSourceArn) return false;
      if (named === undefined) return true;
      const [functionName, qualifier] = spec.functionName.split(':');
      if (functionName !== named.functionName) return false;
      return named.qualifier === undefined || named.qualifier === qualifier;
    };
    const listed = objects.mappingsOf(site.namespace).filter(isAsked);
    const { items, nextMarker } = toPage(listed, input, { keyOf: ({ metadata }) => metadata.name });
    return {
      EventSourceMappings: items.map((mapping) => toMappingConfiguration(mapping, site)),
      NextMarker: nextMarker,
    };
  },
);
