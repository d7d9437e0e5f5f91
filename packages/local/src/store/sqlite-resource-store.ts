import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { API_VERSION, formatProblems, type Problem, type RuledObject } from '@mayfly/api';
import {
  StoreError,
  type Clock,
  type Kind,
  type NewObject,
  type ObjectKey,
  type ObjectList,
  type ResourceKinds,
  type ResourceStore,
  type VersionNumbers,
  type WatchEvent,
} from '@mayfly/core';
import { ChangeLog, type ChangeType } from './change-log.ts';
import {
  applyDelete,
  applyStatus,
  applyUpdate,
  describeObject,
  makeStoredObject,
  type ChangeFacts,
  type ObjectChange,
  type StoredObject,
} from './object-changes.ts';
import { validateMetadata } from './object-metadata.ts';
import { openDatabase } from './open-database.ts';
import { SqliteVersionNumbers } from './sqlite-version-numbers.ts';
import { WakeUpCalls } from './wake-up-calls.ts';

/** What the store needs from outside. */
export interface SqliteResourceStoreDeps {
  /** The database file; made with its directory when it is missing. */
  readonly path: string;
  readonly clock: Clock;
  readonly makeUid: () => string;
  /** Says what is wrong with a spec; paths begin with `spec`. */
  readonly validate: (kind: Kind, spec: unknown) => readonly Problem[];
  /** Says which rules over a whole object and its previous state are broken. Default: none are asked. */
  readonly validateObject?: (
    kind: Kind,
    object: RuledObject,
    previous?: RuledObject,
  ) => readonly Problem[];
  /** Gives a valid spec its defaults, as the API server does when it writes. */
  readonly applyDefaults: (kind: Kind, spec: unknown) => unknown;
  /** Writes that a watch can go back. Default: 10,000. */
  readonly maxChanges?: number;
  /** Characters of those writes in all. Default: 64 Mi. */
  readonly maxChangeCharacters?: number;
}

const DEFAULT_NAMESPACE = 'default';
const DEFAULT_MAX_CHANGES = 10_000;
const DEFAULT_MAX_CHANGE_CHARACTERS = 64 * 1024 * 1024;

/** Custom resources in one SQLite file. SQLite answers at once, so every method is one step of the event loop. */
export class SqliteResourceStore implements ResourceStore {
  readonly #deps: SqliteResourceStoreDeps;
  readonly #database: DatabaseSync;
  readonly #changes: ChangeLog;
  readonly #statements: Readonly<Record<'get' | 'list' | 'put' | 'remove', StatementSync>>;
  readonly #wakeUpCalls = new WakeUpCalls();
  /** Numbers of versions, in the same file. */
  readonly versionNumbers: VersionNumbers;
  #isClosed = false;

  /** @throws Error that says what is wrong with the file */
  constructor(deps: SqliteResourceStoreDeps) {
    this.#deps = deps;
    this.#database = openDatabase(deps.path);
    this.#changes = new ChangeLog(this.#database, {
      maxChanges: deps.maxChanges ?? DEFAULT_MAX_CHANGES,
      maxCharacters: deps.maxChangeCharacters ?? DEFAULT_MAX_CHANGE_CHARACTERS,
    });
    const where = 'WHERE kind = ? AND namespace = ? AND name = ?';
    this.#statements = {
      get: this.#database.prepare(`SELECT document FROM objects ${where}`),
      list: this.#database.prepare(
        'SELECT document FROM objects WHERE kind = ? ORDER BY namespace, name',
      ),
      put: this.#database.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)'),
      remove: this.#database.prepare(`DELETE FROM objects ${where}`),
    };
    this.versionNumbers = new SqliteVersionNumbers(this.#database);
  }

  get<K extends Kind>(
    kind: K,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K] | undefined> {
    return this.#step(signal, () => this.#read(kind, key) as ResourceKinds[K] | undefined);
  }

  list<K extends Kind>(kind: K, signal?: AbortSignal): Promise<ObjectList<K>> {
    return this.#step(signal, () => ({
      items: this.#statements.list
        .all(kind)
        .map((row) => parseDocument(row['document']) as ResourceKinds[K]),
      resourceVersion: this.#changes.current.toString(),
    }));
  }

  create<K extends Kind>(
    object: NewObject & { kind: K },
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K]> {
    return this.#step(signal, () => {
      const namespace = object.metadata.namespace ?? DEFAULT_NAMESPACE;
      const spec = this.#checkSpec(object);
      if (this.#read(object.kind, { ...object.metadata, namespace }) !== undefined) {
        const subject = describeObject(object.kind, { ...object.metadata, namespace });
        throw new StoreError('AlreadyExists', `${subject} already exists`);
      }
      const stored = makeStoredObject(object, {
        ...this.#facts(),
        spec,
        uid: this.#deps.makeUid(),
        namespace,
      });
      return this.#commit('ADDED', stored) as ResourceKinds[K];
    });
  }

  update<K extends Kind>(
    object: ResourceKinds[K],
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K]> {
    return this.#step(signal, () => {
      const stored = this.#readExisting(object.kind, object.metadata);
      const spec = this.#checkSpec(object, stored);
      const change = applyUpdate(stored, { ...object, spec }, this.#facts());
      return this.#perform(stored, change) as ResourceKinds[K];
    });
  }

  patchStatus<K extends Kind>(
    object: ResourceKinds[K],
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K]> {
    return this.#step(signal, () => {
      const stored = this.#readExisting(object.kind, object.metadata);
      const change = applyStatus(stored, object, this.#facts());
      return this.#perform(stored, change) as ResourceKinds[K];
    });
  }

  delete(kind: Kind, key: ObjectKey, signal?: AbortSignal): Promise<void> {
    return this.#step(signal, () => {
      const stored = this.#readExisting(kind, key);
      this.#perform(stored, applyDelete(stored, this.#facts()));
    });
  }

  /** Reads the log of changes step by step, so a slow watcher costs no memory: it falls off the log and gets `Expired`. */
  async *watch<K extends Kind>(
    kind: K,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<K>, void, undefined> {
    const isOver = (): boolean => signal.aborted || this.#isClosed;
    let cursor = parseResourceVersion(resourceVersion);
    while (!isOver()) {
      const changes = this.#changes.after(kind, cursor);
      for (const change of changes) {
        cursor = change.resourceVersion;
        yield { type: change.type, object: parseDocument(change.document) as ResourceKinds[K] };
        if (isOver()) return;
      }
      if (changes.length > 0) continue;
      // Nothing of this kind comes before the write that wakes it: what other kinds write meanwhile must
      // not make this watch expire.
      const wakingVersion = await this.#wakeUpCalls.next(kind, signal);
      if (wakingVersion !== undefined) cursor = wakingVersion - 1;
    }
  }

  /** Ends watches and gives the file free. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wakeUpCalls.wakeAll();
    this.#database.close();
  }

  /** The answer is a promise as on the API server, but nothing comes between a method's read and its write. */
  #step<T>(signal: AbortSignal | undefined, body: () => T): Promise<T> {
    return new Promise((resolve) => {
      signal?.throwIfAborted();
      if (this.#isClosed) throw new Error('the resource store is closed');
      resolve(body());
    });
  }

  #read(kind: Kind, key: ObjectKey): StoredObject | undefined {
    const row = this.#statements.get.get(kind, key.namespace, key.name);
    return row === undefined ? undefined : parseDocument(row['document']);
  }

  #readExisting(kind: Kind, key: ObjectKey): StoredObject {
    const stored = this.#read(kind, key);
    if (stored !== undefined) return stored;
    throw new StoreError('NotFound', `${describeObject(kind, key)} not found`);
  }

  /** The spec with its defaults. */
  #checkSpec(object: NewObject, previous?: StoredObject): unknown {
    const { apiVersion, kind, metadata } = object;
    refuse(object, [
      ...(apiVersion === API_VERSION
        ? []
        : [{ path: 'apiVersion', message: `must be ${API_VERSION} (got "${apiVersion}")` }]),
      ...validateMetadata(metadata),
      ...this.#deps.validate(kind, object.spec),
    ]);
    const spec = this.#deps.applyDefaults(kind, object.spec);
    const validateObject = this.#deps.validateObject ?? ((): readonly Problem[] => []);
    refuse(
      object,
      validateObject(
        kind,
        toRuled(metadata, spec),
        previous && toRuled(previous.metadata, previous.spec),
      ),
    );
    return spec;
  }

  #facts(): ChangeFacts {
    return {
      resourceVersion: (this.#changes.current + 1).toString(),
      nowMs: this.#deps.clock.now(),
    };
  }

  #perform(stored: StoredObject, change: ObjectChange): StoredObject {
    switch (change.kind) {
      case 'nothing':
        return stored;
      case 'written':
        return this.#commit('MODIFIED', change.object);
      case 'removed':
        return this.#commit('DELETED', change.object);
    }
  }

  #commit(type: ChangeType, object: StoredObject): StoredObject {
    const { kind, metadata } = object;
    const document = JSON.stringify(object);
    const change = {
      resourceVersion: Number(metadata.resourceVersion),
      kind,
      type,
      document,
    };
    this.#transaction(() => {
      if (type === 'DELETED') {
        this.#statements.remove.run(kind, metadata.namespace, metadata.name);
      } else {
        this.#statements.put.run(kind, metadata.namespace, metadata.name, document);
      }
      this.#changes.insert(change);
    });
    this.#changes.committed(change);
    this.#changes.trim();
    this.#wakeUpCalls.wake(kind, change.resourceVersion);
    // A copy: what the caller sent and what it gets share nothing with each other.
    return parseDocument(document);
  }

  #transaction(body: () => void): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      body();
      this.#database.exec('COMMIT');
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw new Error('writing to the resource store', { cause });
    }
  }
}

function refuse({ kind, metadata }: NewObject, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new StoreError(
    'Invalid',
    `${kind} "${metadata.name}" is invalid: ${formatProblems(problems)}`,
  );
}

function toRuled(metadata: { readonly name: string }, spec: unknown): RuledObject {
  return { metadata, spec: spec as RuledObject['spec'] }; // every kind's spec is an object
}

function parseResourceVersion(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new StoreError('Invalid', `resourceVersion: must be one that a list gave (got "${value}")`);
}

/** Documents are written by this file only, after the checks of `create` and `update`. */
function parseDocument(document: unknown): StoredObject {
  return JSON.parse(String(document)) as StoredObject;
}
