import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { VersionedFunction, VersionNumbers } from '@mayfly/core';

/** Numbers of versions in the file of the resource store. */
export class SqliteVersionNumbers implements VersionNumbers {
  readonly #raise: StatementSync;

  constructor(database: DatabaseSync) {
    // One statement: nothing comes between reading the highest number and writing the next.
    this.#raise = database.prepare(
      `INSERT INTO version_numbers VALUES (?1, ?2, ?3 + ?4)
       ON CONFLICT DO UPDATE SET number = max(number, ?3) + ?4
       RETURNING number`,
    );
  }

  next(key: VersionedFunction, atLeast: number, signal?: AbortSignal): Promise<number> {
    return this.#step(signal, () => this.#write(key, atLeast, 1));
  }

  passOver(key: VersionedFunction, number: number, signal?: AbortSignal): Promise<void> {
    return this.#step(signal, () => {
      this.#write(key, number, 0);
    });
  }

  /** The higher of what there is and `floor`, and `step` more. */
  #write({ namespace, functionName }: VersionedFunction, floor: number, step: 0 | 1): number {
    return Number(this.#raise.get(namespace, functionName, floor, step)?.['number']);
  }

  #step<T>(signal: AbortSignal | undefined, body: () => T): Promise<T> {
    return new Promise((resolve) => {
      signal?.throwIfAborted();
      resolve(body());
    });
  }
}
