import type { AliasResource } from '@mayfly/api';

/**
 * Says where an alias goes, for `ObjectState.content`: a generation does not. A rollout moves it on within one, and an
 * alias that was refused keeps its old routing in the generation that it gets another in, once what was missing is there.
 * One that was deleted and made again is another. `uid 7`, or `uid 7 8:0.1` for a tenth to version 8.
 */
export function describeRoutingState({
  metadata,
  status,
}: Pick<AliasResource, 'metadata' | 'status'>): string {
  const { functionVersion = '', additionalVersion } = status?.routing ?? {};
  const one = `${metadata.uid} ${functionVersion}`;
  if (additionalVersion === undefined) return one;
  return `${one} ${additionalVersion.version}:${additionalVersion.weight.toString()}`;
}
