import type { VersionedFunction, VersionNumbers } from '@mayfly/core';
import type { KubeApi } from './kube-api.ts';
import { isKubeError } from './kube-error.ts';

/** What counting needs. */
export interface KubeVersionNumbersDeps {
  readonly api: KubeApi;
  /** Where the ConfigMaps are: one for each namespace of Functions. */
  readonly namespace: string;
  /** Their names begin with it. */
  readonly prefix: string;
}

interface Counters {
  readonly data: Readonly<Record<string, string>>;
  /** Undefined: there is no such ConfigMap yet. */
  readonly resourceVersion: string | undefined;
}

/** Each lost race means that somebody else got a number. */
const MAX_ATTEMPTS = 20;

/**
 * Numbers of versions in ConfigMaps: function name → highest number. They outlive Versions, Functions and their
 * namespaces. Whoever read an old state is refused by its resourceVersion, and reads again.
 */
export class KubeVersionNumbers implements VersionNumbers {
  readonly #deps: KubeVersionNumbersDeps;

  constructor(deps: KubeVersionNumbersDeps) {
    this.#deps = deps;
  }

  next(key: VersionedFunction, atLeast: number, signal?: AbortSignal): Promise<number> {
    return this.#raise(key, (highest) => Math.max(highest, atLeast) + 1, signal);
  }

  async passOver(key: VersionedFunction, number: number, signal?: AbortSignal): Promise<void> {
    await this.#raise(key, (highest) => Math.max(highest, number), signal);
  }

  async #raise(
    key: VersionedFunction,
    compute: (highest: number) => number,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const counters = await this.#read(key, signal);
      const highest = highestOf(counters, key);
      const number = compute(highest);
      if (number === highest || (await this.#tryWrite(key, { number, counters }, signal))) {
        return number;
      }
    }
    throw new Error(`counting versions of ${key.functionName}: too many others count as well`);
  }

  async #read({ namespace }: VersionedFunction, signal?: AbortSignal): Promise<Counters> {
    const path = this.#path(namespace);
    const found = await this.#deps.api.find({ method: 'GET', path, signal });
    if (found === undefined) return { data: {}, resourceVersion: undefined };
    const { data = {}, metadata } = found as {
      readonly data?: Readonly<Record<string, string>>;
      readonly metadata: { readonly resourceVersion: string };
    };
    return { data, resourceVersion: metadata.resourceVersion };
  }

  /** False: somebody else has written since. */
  async #tryWrite(
    { namespace, functionName }: VersionedFunction,
    { number, counters }: { readonly number: number; readonly counters: Counters },
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { resourceVersion } = counters;
    const data = { [functionName]: number.toString() };
    const name = this.#name(namespace);
    const labels = { 'app.kubernetes.io/managed-by': 'mayfly' };
    const metadata = resourceVersion === undefined ? { name, labels } : { resourceVersion };
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    try {
      await this.#deps.api.call(
        resourceVersion === undefined
          ? { method: 'POST', path: this.#path(), body, signal }
          : { method: 'PATCH', patch: 'merge', path: this.#path(namespace), body, signal },
      );
      return true;
    } catch (error) {
      // Deleted in between: the next attempt makes it again.
      if (isKubeError(error, 409) || isKubeError(error, 404)) return false;
      throw error;
    }
  }

  #name(ofNamespace: string): string {
    return `${this.#deps.prefix}-version-numbers.${ofNamespace}`;
  }

  #path(ofNamespace?: string): string {
    const collection = `/api/v1/namespaces/${this.#deps.namespace}/configmaps`;
    return ofNamespace === undefined ? collection : `${collection}/${this.#name(ofNamespace)}`;
  }
}

/** A function may be called `constructor`: what every object of JavaScript has is no number. */
function highestOf({ data }: Counters, { functionName }: VersionedFunction): number {
  return Object.hasOwn(data, functionName) ? Number(data[functionName]) : 0;
}
