import {
  functionNameOf,
  type FunctionResource,
  type ServedRevision,
  type VersionResource,
} from '@mayfly/api';
import {
  functionIdOf,
  listPublished,
  makeVersionRevision,
  objectIdOf,
  type FleetProvision,
  type FunctionLimits,
  type Informer,
  type ObjectKey,
  type PublishedVersion,
  type RevisionKey,
  type RevisionLimits,
} from '@mayfly/core';
import { LATEST } from '@mayfly/lambda-api';
import { ByFunction, toFunctionId } from './by-function.ts';

/** What execution environments of one revision are made of. */
export interface RevisionEntry extends RevisionLimits, RevisionKey {
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly served: ServedRevision;
  /** The object that execution environments belong to. */
  readonly owner: { readonly name: string; readonly uid: string };
}

/** What the fleet knows of one function. */
export interface FunctionEntry extends FunctionLimits {
  readonly revisions: ReadonlyMap<string, RevisionEntry>;
  /** The same by version. */
  readonly versions: ReadonlyMap<string, RevisionEntry>;
}

/** What is followed. */
export interface FunctionBookSources {
  readonly functions: Pick<Informer<'Function'>, 'list' | 'onChange'>;
  readonly versions: Pick<Informer<'Version'>, 'list' | 'onChange'>;
}

const NO_COUNTS: ReadonlyMap<string, number> = new Map();

/**
 * What is served, by function: `$LATEST` and the versions, kept current from the informers. A function being
 * deleted is gone, and its versions with it.
 */
export class FunctionBook {
  readonly #entries = new Map<string, FunctionEntry>();
  readonly #functions = new Map<string, FunctionResource>();
  readonly #versions = new ByFunction<VersionResource>({
    idOf: ({ metadata }) => objectIdOf(metadata),
    functionIdOf: toFunctionId,
  });
  readonly #idByObject = new Map<string, string>();
  /** By function: how many are to be provisioned, by version. */
  readonly #provisioned = new Map<string, ReadonlyMap<string, number>>();
  readonly #defaultIdleSeconds: number;

  constructor(defaultIdleSeconds: number) {
    this.#defaultIdleSeconds = defaultIdleSeconds;
  }

  /** Follows the informers; `onChange` is called with the id of every function that changed. */
  follow(
    { functions, versions }: FunctionBookSources,
    onChange: (functionId: string) => void,
  ): () => void {
    for (const version of versions.list()) this.#versions.put(version);
    for (const fn of functions.list()) this.#putFunction(fn);
    const stops = [
      functions.onChange((key, fn) => {
        const objectId = objectIdOf(key);
        const known = this.#idByObject.get(objectId);
        const next = fn === undefined ? undefined : this.#putFunction(fn);
        if (next === undefined) this.#idByObject.delete(objectId);
        if (known !== undefined && known !== next) {
          this.#functions.delete(known);
          this.#refresh(known);
          onChange(known);
        }
        if (next !== undefined) onChange(next);
      }),
      versions.onChange((key, version) => {
        for (const id of this.#changeVersion(key, version)) {
          this.#refresh(id);
          onChange(id);
        }
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  get(functionId: string): FunctionEntry | undefined {
    return this.#entries.get(functionId);
  }

  /** What a revision is made of; undefined when it is no longer served. */
  find(key: RevisionKey): RevisionEntry | undefined {
    return this.get(functionIdOf(key))?.revisions.get(key.revision);
  }

  /** What a version is made of; undefined when it is not served. */
  findVersion(functionId: string, version: string): RevisionEntry | undefined {
    return this.get(functionId)?.versions.get(version);
  }

  limits(): ReadonlyMap<string, FunctionLimits> {
    return this.#entries;
  }

  /** Replaces how many execution environments of which versions are to be kept initialised. */
  setProvisioned(functionId: string, counts: ReadonlyMap<string, number>): void {
    if (counts.size === 0) this.#provisioned.delete(functionId);
    else this.#provisioned.set(functionId, counts);
  }

  /** Provisioned concurrency of versions that are served. */
  provisions(): readonly Omit<FleetProvision, 'notBeforeMs'>[] {
    return [...this.#provisioned].flatMap(([functionId, counts]) =>
      [...counts].flatMap(([version, count]) => {
        const entry = this.findVersion(functionId, version);
        if (entry === undefined || count <= 0) return [];
        const { namespace, functionName, revision } = entry;
        return [{ key: { namespace, functionName, revision }, count }];
      }),
    );
  }

  provisionedOf(functionId: string): ReadonlyMap<string, number> {
    return this.#provisioned.get(functionId) ?? NO_COUNTS;
  }

  #putFunction(fn: FunctionResource): string | undefined {
    if (fn.status?.served === undefined || fn.metadata.deletionTimestamp !== undefined)
      return undefined;
    const id = toFunctionId(fn);
    this.#idByObject.set(objectIdOf(fn.metadata), id);
    this.#functions.set(id, fn);
    this.#refresh(id);
    return id;
  }

  /** Ids of the functions that have other versions now: what is filled stays, and conditions are of no interest. */
  #changeVersion(key: ObjectKey, version: VersionResource | undefined): ReadonlySet<string> {
    const known = this.#versions.get(objectIdOf(key));
    if (version === undefined) this.#versions.remove(objectIdOf(key));
    else this.#versions.put(version);
    const isSame =
      known?.metadata.uid === version?.metadata.uid &&
      known?.spec.version === version?.spec.version;
    const objects = isSame ? [] : [known, version];
    return new Set(objects.filter((object) => object !== undefined).map(toFunctionId));
  }

  #refresh(id: string): void {
    const fn = this.#functions.get(id);
    if (fn === undefined) {
      this.#entries.delete(id);
      return;
    }
    const latest = this.#toLatest(fn);
    if (latest === undefined) return;
    const numbered = listPublished(this.#versions.of(id)).map((published) =>
      this.#toVersion(latest, published),
    );
    const all = [latest, ...numbered];
    const { namespace, functionName } = latest;
    this.#entries.set(id, {
      namespace,
      functionName,
      reservedConcurrency: latest.served.configuration.reservedConcurrentExecutions,
      revisions: new Map(all.map((entry) => [entry.revision, entry])),
      versions: new Map(all.map((entry) => [entry.version, entry])),
    });
  }

  #toLatest(fn: FunctionResource): RevisionEntry | undefined {
    const served = fn.status?.served;
    if (served === undefined) return undefined;
    const { namespace, name, uid } = fn.metadata;
    return {
      namespace,
      functionName: functionNameOf(fn),
      revision: served.revision,
      version: LATEST,
      served,
      owner: { name, uid },
      idleMs: this.#idleMsOf(served),
    };
  }

  #toVersion(latest: RevisionEntry, { number, snapshot }: PublishedVersion): RevisionEntry {
    return {
      ...latest,
      revision: makeVersionRevision(snapshot.revision, number),
      version: number.toString(),
      served: snapshot,
      idleMs: this.#idleMsOf(snapshot),
    };
  }

  #idleMsOf({ configuration }: ServedRevision): number {
    return (configuration.scaling?.idleSeconds ?? this.#defaultIdleSeconds) * 1000;
  }
}
