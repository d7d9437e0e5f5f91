import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeVersionNumbersContract } from '@mayfly/testkit';
import { openDatabase } from './open-database.ts';
import { SqliteVersionNumbers } from './sqlite-version-numbers.ts';

describeVersionNumbersContract('SqliteVersionNumbers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mayfly-numbers-'));
  const database = openDatabase(join(directory, 'resources.db'));
  return Promise.resolve({
    numbers: new SqliteVersionNumbers(database),
    reopen: () => new SqliteVersionNumbers(database),
    close: () => {
      database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  });
});
