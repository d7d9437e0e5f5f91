import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Step n brings a database of version n to version n + 1. Never change a step that was released. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE objects (
     kind TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     document TEXT NOT NULL,
     PRIMARY KEY (kind, namespace, name)
   ) WITHOUT ROWID;
   -- Every write is one row here: its key is the resourceVersion that the write made.
   CREATE TABLE changes (
     resource_version INTEGER PRIMARY KEY,
     kind TEXT NOT NULL,
     type TEXT NOT NULL,
     document TEXT NOT NULL
   );
   CREATE INDEX changes_by_kind ON changes (kind, resource_version);`,
  // The highest number that a version of a function has had: it outlives versions and functions.
  `CREATE TABLE version_numbers (
     namespace TEXT NOT NULL,
     function_name TEXT NOT NULL,
     number INTEGER NOT NULL,
     PRIMARY KEY (namespace, function_name)
   ) WITHOUT ROWID;`,
];

/**
 * Opens the file, checks that it is whole and brings it to the newest schema.
 * @throws Error that says what is wrong with the file and what to do
 */
export function openDatabase(path: string): DatabaseSync {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path);
    try {
      prepare(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (cause) {
    throw new Error(`opening the resource store ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function prepare(database: DatabaseSync): void {
  // One process owns the file: a second one is refused here and not by a torn watch later. The lock
  // ends with the process, however it ends.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  // With NORMAL a write survives the end of the process, `kill -9` too; a power cut may take the last ones.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const check = database.prepare('PRAGMA quick_check(1)').get();
  if (check?.['quick_check'] !== 'ok') throw new DamagedError(String(check?.['quick_check']));
  migrate(database);
}

function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > MIGRATIONS.length) {
    throw new Error(
      `it has schema version ${version.toString()} of a newer Mayfly; this one knows ${MIGRATIONS.length.toString()}`,
    );
  }
  for (const [step, statements] of MIGRATIONS.entries()) {
    if (step < version) continue;
    database.exec(
      `BEGIN IMMEDIATE; ${statements} PRAGMA user_version = ${(step + 1).toString()}; COMMIT`,
    );
  }
}

class DamagedError extends Error {}

// https://sqlite.org/rescode.html
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function reasonOf(error: unknown): string {
  const resultCode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  const primaryCode = resultCode & 0xff;
  if (primaryCode === SQLITE_BUSY) return 'another process uses it; stop that one first';
  if (
    primaryCode === SQLITE_CORRUPT ||
    primaryCode === SQLITE_NOTADB ||
    error instanceof DamagedError
  ) {
    return 'the file is damaged or no database; move it away to start with an empty one';
  }
  return error instanceof Error ? error.message : String(error);
}
