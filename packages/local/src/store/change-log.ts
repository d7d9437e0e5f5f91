import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { StoreError, type Kind } from '@mayfly/core';

/** How a change is told to watchers. */
export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One write. */
export interface Change {
  readonly resourceVersion: number;
  readonly kind: Kind;
  readonly type: ChangeType;
  /** JSON of the object as it was after the write. */
  readonly document: string;
}

/** How much of the past is kept for watches that resume. */
export interface ChangeLogBounds {
  readonly maxChanges: number;
  /** Sum of the documents' lengths: big inline sources would else make the log huge. */
  readonly maxCharacters: number;
}

/** Reads per step of a watch: what a slow watcher holds in memory at most. */
const BATCH = 100;

/** The last writes, in order. Its newest row is the store's resourceVersion, so one row always stays. */
export class ChangeLog {
  readonly #bounds: ChangeLogBounds;
  readonly #insert: StatementSync;
  readonly #after: StatementSync;
  readonly #oldest: StatementSync;
  readonly #removeThrough: StatementSync;
  #current: number;
  #firstKept: number;
  #characters: number;

  constructor(database: DatabaseSync, bounds: ChangeLogBounds) {
    this.#bounds = bounds;
    this.#insert = database.prepare('INSERT INTO changes VALUES (?, ?, ?, ?)');
    this.#after = database.prepare(
      `SELECT resource_version, type, document FROM changes
       WHERE kind = ? AND resource_version > ? ORDER BY resource_version LIMIT ${BATCH.toString()}`,
    );
    this.#oldest = database.prepare(
      'SELECT resource_version, length(document) AS size FROM changes ORDER BY resource_version LIMIT 2',
    );
    this.#removeThrough = database.prepare('DELETE FROM changes WHERE resource_version <= ?');
    const row = database
      .prepare(
        `SELECT max(resource_version) AS current, min(resource_version) AS first,
                sum(length(document)) AS characters FROM changes`,
      )
      .get();
    this.#current = Number(row?.['current'] ?? 0);
    this.#firstKept = Number(row?.['first'] ?? 1);
    this.#characters = Number(row?.['characters'] ?? 0);
  }

  /** The resourceVersion of the newest write. */
  get current(): number {
    return this.#current;
  }

  /** Adds a change within the caller's transaction. Call `committed` after it. */
  insert(change: Change): void {
    this.#insert.run(change.resourceVersion, change.kind, change.type, change.document);
  }

  /** Moves the store's resourceVersion on. Not before the commit: a write that fails leaves no gap. */
  committed(change: Change): void {
    this.#current = change.resourceVersion;
    this.#characters += change.document.length;
  }

  /** Forgets what is over the bounds. */
  trim(): void {
    while (this.#isOverBounds()) {
      const [oldest, next] = this.#oldest.all();
      if (oldest === undefined || next === undefined) return;
      const version = Number(oldest['resource_version']);
      this.#removeThrough.run(version);
      this.#characters -= Number(oldest['size']);
      this.#firstKept = version + 1;
    }
  }

  /**
   * The next changes of a kind, oldest first, at most a batch.
   * @throws StoreError `Expired` when changes after that point may be forgotten
   */
  after(
    kind: Kind,
    resourceVersion: number,
  ): Pick<Change, 'resourceVersion' | 'document' | 'type'>[] {
    if (resourceVersion < this.#firstKept - 1 || resourceVersion > this.#current) {
      throw new StoreError(
        'Expired',
        `too old resource version: ${resourceVersion.toString()} (${(this.#firstKept - 1).toString()} to ${this.#current.toString()} are kept)`,
      );
    }
    return this.#after.all(kind, resourceVersion).map((row) => ({
      resourceVersion: Number(row['resource_version']),
      type: row['type'] as ChangeType, // written by `insert` only
      document: String(row['document']),
    }));
  }

  #isOverBounds(): boolean {
    return (
      this.#current - this.#firstKept + 1 > this.#bounds.maxChanges ||
      this.#characters > this.#bounds.maxCharacters
    );
  }
}
