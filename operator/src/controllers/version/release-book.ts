import type { AliasResource, VersionResource } from '@mayfly/api';
import {
  functionIdOf,
  type Informer,
  type ObjectKey,
  type ReleaseFacts,
  type VersionedFunction,
} from '@mayfly/core';
import type { FunctionNames } from '../function/function-names.ts';

/** Reads and follows one kind. */
export type Followed<K extends 'Function' | 'Version' | 'Alias'> = Pick<
  Informer<K>,
  'list' | 'onChange'
>;

/** What is followed. */
export interface ReleaseBookSources {
  readonly versions: Followed<'Version'>;
  readonly aliases: Followed<'Alias'>;
}

/** The Versions and Aliases by function, kept current from the informers, and with what was written just now. */
export class ReleaseBook {
  readonly #names: Pick<FunctionNames, 'find'>;
  readonly #versions = new ByFunction<VersionResource>();
  readonly #aliases = new ByFunction<AliasResource>();

  constructor(names: Pick<FunctionNames, 'find'>) {
    this.#names = names;
  }

  follow({ versions, aliases }: ReleaseBookSources): void {
    for (const version of versions.list()) this.note(version);
    for (const alias of aliases.list()) this.#aliases.put(alias);
    versions.onChange((key, version) => {
      if (version === undefined) this.#versions.remove(key);
      else this.note(version);
    });
    aliases.onChange((key, alias) => {
      if (alias === undefined) this.#aliases.remove(key);
      else this.#aliases.put(alias);
    });
  }

  /** Takes in a Version, also one that was written just now: who publishes next must know of it. */
  note(version: VersionResource): void {
    // A version that is filled stays so: what says otherwise is older news.
    const known = this.#versions.get(version.metadata);
    const isOlder =
      known?.metadata.uid === version.metadata.uid &&
      known.spec.version !== undefined &&
      version.spec.version === undefined;
    if (!isOlder) this.#versions.put(version);
  }

  /** The same object as it was last seen or written. */
  newest(version: VersionResource): VersionResource {
    const known = this.#versions.get(version.metadata);
    return known?.metadata.uid === version.metadata.uid ? known : version;
  }

  facts(key: VersionedFunction): ReleaseFacts {
    const id = functionIdOf(key);
    return {
      fn: this.#names.find(id),
      versions: this.#versions.of(id),
      aliases: this.#aliases.of(id),
    };
  }
}

/** Objects by the function that they name, which they never change. */
class ByFunction<T extends VersionResource | AliasResource> {
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

function functionIdOfRelease(object: VersionResource | AliasResource): string {
  return functionIdOf(toVersionedFunction(object));
}

function objectIdOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
