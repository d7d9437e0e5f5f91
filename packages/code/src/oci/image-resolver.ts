import type { FunctionResource } from '@mayfly/api';
import type { ResolvedCode } from '@mayfly/core';
import { RefusedCodeError } from '../refusal.ts';
import { requireReference, type ImageReference } from './image-reference.ts';
import type { PullSecrets } from './pull-secrets.ts';
import { orUnavailable, type RegistryClient } from './registry-client.ts';
import { resolveImage, type ImageArchitecture } from './resolve-image.ts';

/** What looking up images needs. */
export interface ImageResolverDeps {
  readonly client: RegistryClient;
  readonly pullSecrets: Pick<PullSecrets, 'find'>;
  /** Of functions that name none. */
  readonly defaultArchitecture: ImageArchitecture;
}

type Image = NonNullable<FunctionResource['spec']['code']['image']>;
type Imaged = Pick<FunctionResource, 'metadata' | 'spec'>;

/** Finds out what `spec.code.image` means now: a digest, and what is run. */
export class ImageResolver {
  readonly #deps: ImageResolverDeps;

  constructor(deps: ImageResolverDeps) {
    this.#deps = deps;
  }

  /** @throws RefusedCodeError, which is all that can go wrong but for an abort */
  async resolve(fn: Imaged, image: Image, signal?: AbortSignal): Promise<ResolvedCode> {
    const reference = requireReference(image.uri);
    return orUnavailable(reference, signal, (asking) =>
      this.#lookUp({ fn, image, reference }, asking),
    );
  }

  async #lookUp(
    { fn, image, reference }: { fn: Imaged; image: Image; reference: ImageReference },
    signal: AbortSignal,
  ): Promise<ResolvedCode> {
    const { client, defaultArchitecture, pullSecrets: secrets } = this.#deps;
    const names = image.pullSecrets;
    const credentials = await secrets.find(fn, { names, reference }, signal);
    const architecture = fn.spec.architectures?.[0] ?? defaultArchitecture;
    const found = await resolveImage(client, { reference, credentials, architecture }, signal);
    const { entryPoint = found.entryPoint, command = found.command } = image;
    if (entryPoint.length + command.length === 0) {
      throw new RefusedCodeError(
        'InvalidImage',
        `The image ${image.uri} says nothing of what is to be run: set spec.code.image.entryPoint or command.`,
      );
    }
    const { workingDirectory = found.workingDirectory ?? '/', pullSecrets = [] } = image;
    return {
      codeSha256: found.digest.replace('sha256:', ''),
      codeSize: 0,
      image: {
        uri: found.uri,
        entryPoint: [...entryPoint],
        command: [...command],
        workingDirectory,
        pullSecrets: [...pullSecrets],
      },
    };
  }
}
