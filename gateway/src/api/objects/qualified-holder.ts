import type { AliasResource, FunctionResource, VersionResource } from '@mayfly/api';
import type { ObjectKey } from '@mayfly/core';
import { LATEST, type LambdaError } from '@mayfly/lambda-api';
import type { ApiCall } from '../operation.ts';

/** The object behind a function, a version or an alias: what they can all have is in the spec of each. */
export type QualifiedHolder = FunctionResource | VersionResource | AliasResource;

/** Finds it; `$LATEST` and no qualifier mean the function. */
export function findQualifiedHolder(
  {
    functionName,
    qualifier = LATEST,
  }: { readonly functionName: string; readonly qualifier: string | undefined },
  { objects, site: { namespace } }: ApiCall,
): QualifiedHolder | undefined {
  const fn = objects.findFunction(namespace, functionName);
  if (fn === undefined || qualifier === LATEST) return fn;
  return /^\d+$/.test(qualifier)
    ? objects.findVersion(namespace, functionName, qualifier)
    : objects.findAlias(namespace, functionName, qualifier);
}

/** Writes it as what it is; see `ObjectWriter.change`. */
export function changeQualifiedHolder(
  { kind, metadata: key }: QualifiedHolder,
  {
    notFound,
    change,
  }: {
    readonly notFound: () => LambdaError;
    readonly change: <H extends QualifiedHolder>(holder: H) => H;
  },
  { writer, signal }: ApiCall,
): Promise<QualifiedHolder> {
  const of: { readonly key: ObjectKey; readonly notFound: () => LambdaError } = { key, notFound };
  switch (kind) {
    case 'Function':
      return writer.change('Function', of, { change: change<FunctionResource>, signal });
    case 'Version':
      return writer.change('Version', of, { change: change<VersionResource>, signal });
    case 'Alias':
      return writer.change('Alias', of, { change: change<AliasResource>, signal });
  }
}
