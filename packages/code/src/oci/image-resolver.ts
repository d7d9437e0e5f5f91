import type { FunctionResource } from '@mayfly/api';
import type { ResolvedCode } from '@mayfly/core';
import { explain, RefusedCodeError } from '../refusal.ts';
import { parseImageReference, type ImageReference } from './image-reference.ts';
import type { RegistryClient } from './registry-client.ts';
import { findCredentials, type RegistryCredentials } from './registry-credentials.ts';
import { resolveImage, type ImageArchitecture } from './resolve-image.ts';

/** What looking up images needs. */
export interface ImageResolverDeps {
  readonly client: RegistryClient;
  /** The data of a Secret, or undefined. */
  readonly readSecret: (
    key: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ) => Promise<Readonly<Record<string, string>> | undefined>;
  /** Secrets that every pod is given, in the Function's namespace where there are such. */
  readonly pullSecrets: readonly string[];
  /** Of functions that name none. */
  readonly defaultArchitecture: ImageArchitecture;
}

type Image = NonNullable<FunctionResource['spec']['code']['image']>;
type Imaged = Pick<FunctionResource, 'metadata' | 'spec'>;

const DOCKER_CONFIG_KEY = '.dockerconfigjson';

/** Finds out what `spec.code.image` means now: a digest, and what is run. */
export class ImageResolver {
  readonly #deps: ImageResolverDeps;

  constructor(deps: ImageResolverDeps) {
    this.#deps = deps;
  }

  /** @throws RefusedCodeError, which is all that can go wrong but for an abort */
  async resolve(fn: Imaged, image: Image, signal?: AbortSignal): Promise<ResolvedCode> {
    const reference = parseImageReference(image.uri);
    if (reference === undefined) {
      throw new RefusedCodeError(
        'InvalidImage',
        `${image.uri} is no reference of an image: write registry/repository:tag or registry/repository@sha256:….`,
      );
    }
    try {
      return await this.#lookUp({ fn, image, reference }, signal ?? new AbortController().signal);
    } catch (error) {
      if (error instanceof RefusedCodeError || signal?.aborted === true) throw error;
      const text = `The registry ${reference.registry} cannot be asked for the image: ${explain(error)}.`;
      throw new RefusedCodeError('CodeUnavailable', text, { cause: error });
    }
  }

  async #lookUp(
    { fn, image, reference }: { fn: Imaged; image: Image; reference: ImageReference },
    signal: AbortSignal,
  ): Promise<ResolvedCode> {
    const { client, defaultArchitecture } = this.#deps;
    const credentials = await this.#findCredentials({ fn, image, reference }, signal);
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

  async #findCredentials(
    { fn, image, reference }: { fn: Imaged; image: Image; reference: ImageReference },
    signal: AbortSignal,
  ): Promise<RegistryCredentials | undefined> {
    const { namespace } = fn.metadata;
    const own = image.pullSecrets ?? [];
    const templates = fn.spec.podTemplate?.imagePullSecrets ?? [];
    const others = [...templates.map((each) => String(each['name'])), ...this.#deps.pullSecrets];
    for (const name of new Set([...own, ...others])) {
      const config = await this.#readConfig({ namespace, name }, signal);
      if (config === undefined && own.includes(name)) {
        throw new RefusedCodeError(
          'PullSecretNotFound',
          `There is no Secret ${name} of type kubernetes.io/dockerconfigjson in ${namespace}.`,
        );
      }
      const credentials =
        config === undefined ? undefined : readCredentials(config, { reference, name });
      if (credentials !== undefined) return credentials;
    }
    return undefined;
  }

  async #readConfig(
    key: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const data = await this.#deps.readSecret(key, signal);
    return data?.[DOCKER_CONFIG_KEY];
  }
}

function readCredentials(
  config: string,
  { reference, name }: { readonly reference: ImageReference; readonly name: string },
): RegistryCredentials | undefined {
  try {
    return findCredentials(config, reference.registry);
  } catch (cause) {
    const text = `The Secret ${name} holds no Docker configuration: make it by kubectl create secret docker-registry.`;
    throw new RefusedCodeError('PullSecretNotFound', text, { cause });
  }
}
