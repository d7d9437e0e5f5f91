import type { AliasResource, FunctionResource, VersionResource } from '@mayfly/api';
import { functionIdOf, type VersionedFunction } from '@mayfly/core';

/** How objects are told apart, and whose they are. */
export interface ByFunctionIds<T> {
  readonly idOf: (object: T) => string;
  readonly functionIdOf: (object: T) => string;
}

/** Objects by the function that they are of. */
export class ByFunction<T> {
  readonly #ids: ByFunctionIds<T>;
  readonly #byFunction = new Map<string, Map<string, T>>();
  readonly #functionIds = new Map<string, string>();

  constructor(ids: ByFunctionIds<T>) {
    this.#ids = ids;
  }

  get(id: string): T | undefined {
    const functionId = this.#functionIds.get(id);
    return functionId === undefined ? undefined : this.#byFunction.get(functionId)?.get(id);
  }

  of(functionId: string): readonly T[] {
    return [...(this.#byFunction.get(functionId)?.values() ?? [])];
  }

  /** Functions of which there is an object. */
  functionIds(): Iterable<string> {
    return this.#byFunction.keys();
  }

  put(object: T): void {
    const id = this.#ids.idOf(object);
    const functionId = this.#ids.functionIdOf(object);
    // Deleted and made again for another function, unseen in between.
    if (this.#functionIds.get(id) !== functionId) this.remove(id);
    const objects = this.#byFunction.get(functionId) ?? new Map<string, T>();
    this.#byFunction.set(functionId, objects.set(id, object));
    this.#functionIds.set(id, functionId);
  }

  remove(id: string): void {
    const functionId = this.#functionIds.get(id);
    if (functionId === undefined) return;
    this.#functionIds.delete(id);
    const objects = this.#byFunction.get(functionId);
    objects?.delete(id);
    if (objects?.size === 0) this.#byFunction.delete(functionId);
  }
}

type OfFunction = FunctionResource | VersionResource | AliasResource;

/** The function that an object is, or is of. */
export function toVersionedFunction({ metadata, spec }: OfFunction): VersionedFunction {
  return { namespace: metadata.namespace, functionName: spec.functionName ?? metadata.name };
}

/** The id that fleet and gateway know that function by. */
export function toFunctionId(object: OfFunction): string {
  return functionIdOf(toVersionedFunction(object));
}
