import {
  API_VERSION,
  functionNameOf,
  type FunctionResource,
  type ServedRevision,
} from '@mayfly/api';
import type { NewObject } from '@mayfly/core';
import { LABELS } from './labels.ts';
import { makeVersionName } from './names.ts';
import { makeOwnerReference } from './pod.ts';

/** Value of the label `mayfly.dev/published-by`. */
export const PUBLISHED_ON_CHANGE = 'OnChange';

/** Makes the Version of what a Function with `publish: OnChange` serves: complete, and the Function's own. */
export function makePublishedVersion(
  fn: FunctionResource,
  { number, snapshot }: { readonly number: number; readonly snapshot: ServedRevision },
  finalizers: readonly string[],
): NewObject & { readonly kind: 'Version' } {
  const { name, namespace } = fn.metadata;
  return {
    apiVersion: API_VERSION,
    kind: 'Version',
    metadata: {
      name: makeVersionName(name, number),
      namespace,
      labels: { [LABELS.publishedBy]: PUBLISHED_ON_CHANGE },
      ownerReferences: [makeOwnerReference(fn.metadata)],
      finalizers,
    },
    spec: { functionName: functionNameOf(fn), version: number, snapshot },
  };
}
