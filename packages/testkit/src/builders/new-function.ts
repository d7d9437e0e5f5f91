import type { FunctionSpec } from '@mayfly/api';
import type { NewObject } from '@mayfly/core';
import { aFunction } from './function.ts';

/** A Function as a client sends it. */
export function aNewFunction(
  name: string,
  overrides: {
    readonly spec?: Partial<FunctionSpec>;
    readonly finalizers?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
  } = {},
): NewObject & { kind: 'Function' } {
  const { apiVersion, spec } = aFunction({ spec: overrides.spec ?? {} });
  const { finalizers, labels } = overrides;
  return {
    apiVersion,
    kind: 'Function',
    metadata: {
      name,
      namespace: 'default',
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(labels === undefined ? {} : { labels }),
    },
    spec,
  };
}
