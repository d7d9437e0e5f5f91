import { functionNameOf, type FunctionResource } from '@mayfly/api';
import { functionIdOf, holdsNameBefore, type Informer } from '@mayfly/core';

/** Which objects want which function name: two may, and then the older one has it. */
export class FunctionNames {
  readonly #holders = new Map<string, Map<string, FunctionResource>>();
  readonly #idByObject = new Map<string, string>();

  /** Follows the informer. */
  follow(informer: Pick<Informer<'Function'>, 'list' | 'onChange'>): () => void {
    for (const fn of informer.list()) this.put(fn);
    return informer.onChange(({ namespace, name }, fn) => {
      if (fn === undefined) this.#remove(`${namespace}/${name}`);
      else this.put(fn);
    });
  }

  /** Takes in an object, or its new state. */
  put(fn: FunctionResource): void {
    const objectId = toObjectId(fn);
    const id = toNameId(fn);
    if (this.#idByObject.get(objectId) !== id) this.#remove(objectId);
    this.#idByObject.set(objectId, id);
    const holders = this.#holders.get(id) ?? new Map<string, FunctionResource>();
    this.#holders.set(id, holders.set(objectId, fn));
  }

  /** The older object that has the function name of this one, if any. */
  findOlder(fn: FunctionResource): FunctionResource | undefined {
    const others = this.#holders.get(toNameId(fn)) ?? new Map<string, FunctionResource>();
    return [...others.values()].find((other) => holdsNameBefore(other.metadata, fn.metadata));
  }

  /** The object that has a function name: the oldest that wants it. */
  find(functionId: string): FunctionResource | undefined {
    const [oldest] = [...(this.#holders.get(functionId)?.values() ?? [])].sort((a, b) =>
      holdsNameBefore(a.metadata, b.metadata) ? -1 : 1,
    );
    return oldest;
  }

  #remove(objectId: string): void {
    const id = this.#idByObject.get(objectId);
    if (id === undefined) return;
    this.#idByObject.delete(objectId);
    const holders = this.#holders.get(id);
    holders?.delete(objectId);
    if (holders?.size === 0) this.#holders.delete(id);
  }
}

function toObjectId({ metadata: { namespace, name } }: FunctionResource): string {
  return `${namespace}/${name}`;
}

function toNameId(fn: FunctionResource): string {
  return functionIdOf({ namespace: fn.metadata.namespace, functionName: functionNameOf(fn) });
}
