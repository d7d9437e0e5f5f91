import type { AliasResource, VersionResource } from '@mayfly/api';
import {
  functionIdOf,
  objectIdOf,
  type Informer,
  type ReleaseFacts,
  type VersionedFunction,
} from '@mayfly/core';
import { ByFunction, toFunctionId } from '../../fleet/by-function.ts';
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

const IDS = {
  idOf: ({ metadata }: VersionResource | AliasResource): string => objectIdOf(metadata),
  functionIdOf: toFunctionId,
};

/** The Versions and Aliases by function, kept current from the informers, and with what was written just now. */
export class ReleaseBook {
  readonly #names: Pick<FunctionNames, 'find'>;
  readonly #versions = new ByFunction<VersionResource>(IDS);
  readonly #aliases = new ByFunction<AliasResource>(IDS);

  constructor(names: Pick<FunctionNames, 'find'>) {
    this.#names = names;
  }

  follow({ versions, aliases }: ReleaseBookSources): void {
    for (const version of versions.list()) this.note(version);
    for (const alias of aliases.list()) this.#aliases.put(alias);
    versions.onChange((key, version) => {
      if (version === undefined) this.#versions.remove(objectIdOf(key));
      else this.note(version);
    });
    aliases.onChange((key, alias) => {
      if (alias === undefined) this.#aliases.remove(objectIdOf(key));
      else this.#aliases.put(alias);
    });
  }

  /** Takes in a Version, also one that was written just now: who publishes next must know of it. */
  note(version: VersionResource): void {
    // A version that is filled stays so: what says otherwise is older news.
    const known = this.#versions.get(objectIdOf(version.metadata));
    const isOlder =
      known?.metadata.uid === version.metadata.uid &&
      known.spec.version !== undefined &&
      version.spec.version === undefined;
    if (!isOlder) this.#versions.put(version);
  }

  /** The same object as it was last seen or written. */
  newest(version: VersionResource): VersionResource {
    const known = this.#versions.get(objectIdOf(version.metadata));
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
