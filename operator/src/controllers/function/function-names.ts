import type { FunctionResource } from '@mayfly/api';
import { holdsNameBefore, objectIdOf, type Informer } from '@mayfly/core';
import { ByFunction, toFunctionId } from '../../fleet/by-function.ts';

/** Which objects want which function name: two may, and then the older one has it. */
export class FunctionNames {
  readonly #claims = new ByFunction<FunctionResource>({
    idOf: ({ metadata }) => objectIdOf(metadata),
    functionIdOf: toFunctionId,
  });

  /** Follows the informer. */
  follow(informer: Pick<Informer<'Function'>, 'list' | 'onChange'>): () => void {
    for (const fn of informer.list()) this.put(fn);
    return informer.onChange((key, fn) => {
      if (fn === undefined) this.#claims.remove(objectIdOf(key));
      else this.put(fn);
    });
  }

  /** Takes in an object, or its new state. */
  put(fn: FunctionResource): void {
    this.#claims.put(fn);
  }

  /** The older object that has the function name of this one, if any. */
  findOlder(fn: FunctionResource): FunctionResource | undefined {
    return this.#claims
      .of(toFunctionId(fn))
      .find((other) => holdsNameBefore(other.metadata, fn.metadata));
  }

  /** The object that has a function name: the oldest that wants it. */
  find(functionId: string): FunctionResource | undefined {
    const [oldest] = this.#claims
      .of(functionId)
      .toSorted((a, b) => (holdsNameBefore(a.metadata, b.metadata) ? -1 : 1));
    return oldest;
  }
}
