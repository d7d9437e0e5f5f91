import type { AliasResource, VersionResource } from '@mayfly/api';
import { functionIdOf, type ObjectKey, type VersionedFunction } from '@mayfly/core';

/** Objects by the function that they name, which they never change. */
export class ByFunction<T extends VersionResource | AliasResource> {
  readonly #byFunction = new Map<string, Map<string, T>>();
  readonly #functionIds = new Map<string, string>();

  get(key: ObjectKey): T | undefined {
    const functionId = this.#functionIds.get(objectIdOf(key));
    if (functionId === undefined) return undefined;
    return this.#byFunction.get(functionId)?.get(objectIdOf(key));
  }

  of(functionId: string): readonly T[] {
    return [...(this.#byFunction.get(functionId)?.values() ?? [])];
  }

  put(object: T): void {
    // Deleted and made again for another function, unseen in between.
    this.remove(object.metadata);
    const functionId = functionIdOfRelease(object);
    const objects = this.#byFunction.get(functionId) ?? new Map<string, T>();
    this.#byFunction.set(functionId, objects.set(objectIdOf(object.metadata), object));
    this.#functionIds.set(objectIdOf(object.metadata), functionId);
  }

  remove(key: ObjectKey): void {
    const id = objectIdOf(key);
    const functionId = this.#functionIds.get(id);
    if (functionId === undefined) return;
    this.#functionIds.delete(id);
    const objects = this.#byFunction.get(functionId);
    objects?.delete(id);
    if (objects?.size === 0) this.#byFunction.delete(functionId);
  }
}

/** Whose a Version or an Alias is. */
export function toVersionedFunction({
  metadata,
  spec,
}: VersionResource | AliasResource): VersionedFunction {
  return { namespace: metadata.namespace, functionName: spec.functionName };
}

/** The function that a Version or an Alias is of. */
export function functionIdOfRelease(object: VersionResource | AliasResource): string {
  return functionIdOf(toVersionedFunction(object));
}

function objectIdOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
