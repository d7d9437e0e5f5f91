import type { AssignedCode, AssignRequest } from '@mayfly/core';
import type { CodeLocator } from './pod-ports.ts';

/** Where an agent gets what it unpacks. */
export interface CodeSources {
  /** Undefined for an image: the kubelet has pulled it. */
  readonly code: AssignedCode['source'] | undefined;
  /** Of each layer of the request, in its order. */
  readonly layers: readonly AssignedCode['source'][];
}

/** Finds the archives of a request. */
export async function locateSources(
  { image, codeSha256, layers = [] }: AssignRequest,
  locator: CodeLocator,
  signal?: AbortSignal,
): Promise<CodeSources> {
  const [code, ...others] = await Promise.all([
    image === undefined ? locator.locate(codeSha256, signal) : undefined,
    ...layers.map((layer) => locator.locate(layer.codeSha256, signal)),
  ]);
  return { code, layers: others };
}
