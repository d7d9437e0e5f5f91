import {
  API_VERSION,
  LAST_MODIFIED_ANNOTATION,
  type EventSourceMappingResource,
  type EventSourceMappingSpec,
} from '@mayfly/api';
import { makeObjectName } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import { checkMapping, refuseUnservedSettings } from '../mapping/check-mapping.ts';
import { toMappedFunction } from '../mapping/event-source-mappings.ts';
import { toMappingConfiguration } from '../mapping/mapping-configuration.ts';
import { applyMappingSettings, toSource } from '../mapping/mapping-spec.ts';
import { serve, type ApiCall } from '../operation.ts';
import { readReference } from '../references.ts';

/** `POST /2015-03-31/event-source-mappings` */
export const createEventSourceMapping = serve(
  'CreateEventSourceMapping',
  async (input, call) => {
    refuseUnservedSettings(input);
    const { functionName } = readReference(input, call.site);
    const source = { functionName, enabled: true, ...toSource(input) };
    const settings = applyMappingSettings(source, input);
    checkMapping(settings, input);
    const spec = { ...settings, functionName: toMappedFunction(input.FunctionName, call) };
    refuseSecond(spec, functionName, call);
    const object = {
      apiVersion: API_VERSION,
      kind: 'EventSourceMapping',
      metadata: {
        name: makeObjectName(functionName, call.makeId()),
        namespace: call.site.namespace,
        annotations: { [LAST_MODIFIED_ANNOTATION]: new Date(call.clock.now()).toISOString() },
      },
      spec,
    } as const;
    const created = await call.writer.create<'EventSourceMapping'>(object, call.signal);
    return toMappingConfiguration(created, call.site, 'Creating');
  },
  {
    partial:
      'kept, and not polled yet; metrics, logging, provisioned pollers, keys and schema registries are refused by name',
  },
);

/** @throws LambdaError `ResourceConflictException` when the source feeds the function already */
function refuseSecond(
  spec: EventSourceMappingSpec,
  functionName: string,
  { objects, site }: ApiCall,
): void {
  const first = objects
    .mappingsOf(site.namespace)
    .find((other) => other.spec.functionName === spec.functionName && isSameSource(other, spec));
  if (first === undefined) return;
  const { eventSourceArn: arn = '' } = spec;
  const existing = `already exists. Please update or delete the existing mapping with UUID ${first.metadata.uid}`;
  throw new LambdaError(
    'ResourceConflictException',
    arn.split(':')[2] === 'sqs'
      ? `An event source mapping with SQS arn (" ${arn} ") and function (" ${functionName} ") ${existing}`
      : `The event source arn (" ${arn} ") and function (" ${functionName} ") provided mapping ${existing}`,
  );
}

function isSameSource(
  { spec }: EventSourceMappingResource,
  wanted: EventSourceMappingSpec,
): boolean {
  const keyOf = ({
    eventSourceArn,
    selfManagedEventSource,
    topics,
    queues,
  }: EventSourceMappingSpec): string =>
    JSON.stringify({ eventSourceArn, selfManagedEventSource, topics, queues });
  return keyOf(spec) === keyOf(wanted);
}
