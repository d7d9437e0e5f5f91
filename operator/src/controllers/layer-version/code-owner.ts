import {
  API_VERSION,
  FunctionSpec,
  type FunctionResource,
  type LayerVersionResource,
} from '@mayfly/api';
import type { ObjectKey } from '@mayfly/core';

/** No Function is named so. */
const PREFIX = 'layer:';

/** A layer as those who fetch code see it: a Function whose code is its content. */
export function toCodeOwner({ metadata, spec }: LayerVersionResource): FunctionResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { ...metadata, name: `${PREFIX}${metadata.name}` },
    spec: FunctionSpec.parse({ code: spec.content }),
  };
}

/** The layer that somebody with this key stands for; undefined: it is a Function. */
export function toLayerKey({ namespace, name }: ObjectKey): ObjectKey | undefined {
  return name.startsWith(PREFIX) ? { namespace, name: name.slice(PREFIX.length) } : undefined;
}
