import { functionNameOf, type FunctionResource, type ServedRevision } from '@mayfly/api';
import { functionIdOf, type FunctionLimits, type Informer } from '@mayfly/core';

/** What the fleet knows of one function. */
export interface FunctionEntry extends FunctionLimits {
  readonly served: ServedRevision;
  /** The object that execution environments belong to. */
  readonly owner: { readonly name: string; readonly uid: string };
}

/** The served functions by id, kept current from the informer. A function being deleted is gone. */
export class FunctionBook {
  readonly #entries = new Map<string, FunctionEntry>();
  readonly #idByObject = new Map<string, string>();
  readonly #defaultIdleSeconds: number;

  constructor(defaultIdleSeconds: number) {
    this.#defaultIdleSeconds = defaultIdleSeconds;
  }

  /** Follows the informer; `onChange` is called with the id of every function that changed. */
  follow(informer: Informer<'Function'>, onChange: (functionId: string) => void): () => void {
    for (const fn of informer.list()) this.#put(fn);
    return informer.onChange((key, fn) => {
      const objectId = `${key.namespace}/${key.name}`;
      const known = this.#idByObject.get(objectId);
      const next = fn === undefined ? undefined : this.#put(fn);
      if (next === undefined) this.#idByObject.delete(objectId);
      if (known !== undefined && known !== next) {
        this.#entries.delete(known);
        onChange(known);
      }
      if (next !== undefined) onChange(next);
    });
  }

  get(functionId: string): FunctionEntry | undefined {
    return this.#entries.get(functionId);
  }

  limits(): ReadonlyMap<string, FunctionLimits> {
    return this.#entries;
  }

  #put(fn: FunctionResource): string | undefined {
    const served = fn.status?.served;
    if (served === undefined || fn.metadata.deletionTimestamp !== undefined) return undefined;
    const { namespace, name, uid } = fn.metadata;
    const functionName = functionNameOf(fn);
    const { reservedConcurrentExecutions, scaling } = served.configuration;
    const id = functionIdOf({ namespace, functionName });
    this.#idByObject.set(`${namespace}/${name}`, id);
    this.#entries.set(id, {
      namespace,
      functionName,
      revision: served.revision,
      reservedConcurrency: reservedConcurrentExecutions,
      idleMs: (scaling?.idleSeconds ?? this.#defaultIdleSeconds) * 1000,
      served,
      owner: { name, uid },
    });
    return id;
  }
}
