import type { EventInvokeConfig, ObjectMeta } from '@mayfly/api';
import { LATEST } from '@mayfly/lambda-api';
import {
  findConfigTarget,
  noFunction,
  toEventInvokeConfig,
} from '../mapping/event-invoke-config.ts';
import { serve, type ApiCall } from '../operation.ts';
import { toPage } from '../paging.ts';

interface Listed {
  readonly qualifier: string;
  readonly metadata: ObjectMeta;
  readonly config: EventInvokeConfig | undefined;
}

/** `GET /2019-09-25/functions/{FunctionName}/event-invoke-config/list`: `$LATEST`, versions, aliases. */
export const listFunctionEventInvokeConfigs = serve(
  'ListFunctionEventInvokeConfigs',
  (input, call) => {
    const { functionName, functionArn } = findConfigTarget(input, call);
    const listed = list(functionName, call).flatMap(({ qualifier, metadata, config }) =>
      config === undefined
        ? []
        : [toEventInvokeConfig(`${functionArn}:${qualifier}`, { metadata }, config)],
    );
    const { items, nextMarker } = toPage(listed, input, { keyOf });
    return { FunctionEventInvokeConfigs: items, NextMarker: nextMarker };
  },
);

function list(functionName: string, { objects, site }: ApiCall): readonly Listed[] {
  const { namespace } = site;
  const fn = objects.findFunction(namespace, functionName);
  if (fn === undefined) throw noFunction();
  const toListed = (
    qualifier: string,
    {
      metadata,
      spec,
    }: { metadata: ObjectMeta; spec: { eventInvokeConfig?: EventInvokeConfig | undefined } },
  ): Listed => ({ qualifier, metadata, config: spec.eventInvokeConfig });
  return [
    toListed(LATEST, fn),
    ...objects
      .versionsOf(namespace, functionName)
      .map((version) => toListed((version.spec.version ?? 0).toString(), version)),
    ...objects.aliasesOf(namespace, functionName).map((alias) => toListed(alias.spec.name, alias)),
  ];
}

/** `$LATEST` before numbers, numbers in their order, names after them. */
function keyOf({ FunctionArn = '' }: { readonly FunctionArn?: string | undefined }): string {
  const qualifier = FunctionArn.slice(FunctionArn.lastIndexOf(':') + 1);
  if (qualifier === LATEST) return '0';
  return /^\d+$/.test(qualifier) ? `1${qualifier.padStart(10, '0')}` : `2${qualifier}`;
}
