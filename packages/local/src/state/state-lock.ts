import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process uses the state directory. */
export class StateLockedError extends Error {
  override readonly name = 'StateLockedError';
  readonly code = 'STATE_LOCKED';
}

/** A state directory that is this process's alone. */
export interface StateLock {
  release(): void;
}

/**
 * Takes a state directory for this process, making it when it is missing. The lock is a file lock that
 * SQLite holds: the system frees it when the process ends, however it ends.
 * @throws StateLockedError when another process has it
 */
export function lockStateDirectory(directory: string): StateLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path.join(directory, 'lock.db'));
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch {
    database.close();
    throw new StateLockedError(
      `another mayfly uses the state directory ${directory}: stop it, or choose another with --state`,
    );
  }
  let isReleased = false;
  return {
    release() {
      if (isReleased) return;
      isReleased = true;
      database.close();
    },
  };
}
