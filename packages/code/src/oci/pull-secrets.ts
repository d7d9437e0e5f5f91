import type { FunctionResource } from '@mayfly/api';
import { RefusedCodeError } from '../refusal.ts';
import type { ImageReference } from './image-reference.ts';
import { findCredentials, type RegistryCredentials } from './registry-credentials.ts';

/** Where passwords of registries are. */
export interface PullSecretsDeps {
  /** The data of a Secret, or undefined. */
  readonly readSecret: (
    key: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ) => Promise<Readonly<Record<string, string>> | undefined>;
  /** Secrets that every pod is given, in the Function's namespace where there are such. */
  readonly everybodys: readonly string[];
}

const DOCKER_CONFIG_KEY = '.dockerconfigjson';

/** Finds the password of a registry in the Secrets of a Function. */
export class PullSecrets {
  readonly #deps: PullSecretsDeps;

  constructor(deps: PullSecretsDeps) {
    this.#deps = deps;
  }

  /**
   * Looks through those that are named for this reference, then through those of the function's pods.
   * @throws RefusedCodeError when one that is named is not there, or is none
   */
  async find(
    { metadata, spec }: Pick<FunctionResource, 'metadata' | 'spec'>,
    {
      names = [],
      reference,
    }: { readonly names: readonly string[] | undefined; readonly reference: ImageReference },
    signal: AbortSignal,
  ): Promise<RegistryCredentials | undefined> {
    const { namespace } = metadata;
    const { readSecret, everybodys } = this.#deps;
    const ofPods = spec.podTemplate?.imagePullSecrets ?? [];
    const all = [...names, ...ofPods.map((each) => String(each['name'])), ...everybodys];
    for (const name of new Set(all)) {
      const config = (await readSecret({ namespace, name }, signal))?.[DOCKER_CONFIG_KEY];
      if (config === undefined && names.includes(name)) {
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
