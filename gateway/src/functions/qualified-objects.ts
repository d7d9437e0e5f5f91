import { holdsNameBefore, objectIdOf, type ObjectKey } from '@mayfly/core';

/** What an object stands for: a function, or a version or an alias of one. */
export interface QualifiedObject<T> {
  /** See `functionIdOf`. */
  readonly functionId: string;
  /** `$LATEST` of a function, number of a version, or name of an alias. */
  readonly qualifier: string;
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly value: T;
}

/** All functions, or their versions or aliases. Of two objects that want the same qualifier, the older one has it. */
export class QualifiedObjects<T> {
  readonly #byFunction = new Map<string, Map<string, QualifiedObject<T>[]>>();
  readonly #byObject = new Map<string, QualifiedObject<T>>();

  /** Takes in an object's new state; undefined: it stands for nothing any more. What it stood for before. */
  apply(key: ObjectKey, object: QualifiedObject<T> | undefined): QualifiedObject<T> | undefined {
    const objectId = objectIdOf(key);
    const before = this.#byObject.get(objectId);
    if (before !== undefined) this.#remove(objectId, before);
    if (object !== undefined) this.#add(objectId, object);
    return before;
  }

  find(functionId: string, qualifier: string): T | undefined {
    return this.#byFunction.get(functionId)?.get(qualifier)?.[0]?.value;
  }

  /** Those of a function. */
  of(functionId: string): readonly T[] {
    const byQualifier = this.#byFunction.get(functionId)?.values() ?? [];
    return [...byQualifier].flatMap(([holder]) => (holder === undefined ? [] : [holder.value]));
  }

  #add(objectId: string, object: QualifiedObject<T>): void {
    this.#byObject.set(objectId, object);
    const qualifiers = this.#byFunction.get(object.functionId) ?? new Map<string, []>();
    this.#byFunction.set(object.functionId, qualifiers);
    const claims = [...(qualifiers.get(object.qualifier) ?? []), object];
    claims.sort((a, b) => (holdsNameBefore(a.metadata, b.metadata) ? -1 : 1));
    qualifiers.set(object.qualifier, claims);
  }

  #remove(objectId: string, object: QualifiedObject<T>): void {
    this.#byObject.delete(objectId);
    const qualifiers = this.#byFunction.get(object.functionId);
    const claims = qualifiers?.get(object.qualifier)?.filter((claim) => claim !== object) ?? [];
    if (claims.length > 0) qualifiers?.set(object.qualifier, claims);
    else qualifiers?.delete(object.qualifier);
    if (qualifiers?.size === 0) this.#byFunction.delete(object.functionId);
  }
}
