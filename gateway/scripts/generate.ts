// Writes the table of operations of docs/compatibility.md from what the gateway serves; with --check it writes nothing and
// fails when the table differs.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { placeOperationsTable } from '@mayfly/gateway/operations-table';

const NAME = 'docs/compatibility.md';
const FILE = path.resolve(import.meta.dirname, '../..', NAME);

const before = await readFile(FILE, 'utf8');
const options = { ...(await resolveConfig(FILE)), filepath: FILE };
const after = await format(placeOperationsTable(before), options);
const isSame = before === after;
if (process.argv.includes('--check')) {
  if (!isSame) console.error(`${NAME} differs: run make generate`);
  process.exitCode = isSame ? 0 : 1;
} else if (!isSame) {
  await writeFile(FILE, after);
  console.log(`wrote ${NAME}`);
}
