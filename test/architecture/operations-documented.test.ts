import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { CONTRACT } from '@mayfly/lambda-api/contract';
import { describe, it } from 'vitest';
import { placeOperationsTable } from '@mayfly/gateway/operations-table';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGE = path.join(ROOT, 'docs/compatibility.md');

describe('the operations of docs/compatibility.md', () => {
  it('are those that the gateway serves', async ({ expect }) => {
    const generator = path.join(ROOT, 'gateway/scripts/generate.ts');
    await expect(
      promisify(execFile)(process.execPath, [generator, '--check'], { cwd: ROOT }),
    ).resolves.toMatchObject({ stderr: '' });
  });

  it('are all of the service model, once each', async ({ expect }) => {
    const page = await readFile(PAGE, 'utf8');
    const rows = page.matchAll(/^\| `(\w+)` +\| (?:full|partial|absent) +\|/gm);
    const named = [...rows].map(([, name]) => name);
    expect(named).toEqual(Object.keys(CONTRACT.operations).toSorted());
  });

  it('say what is missing where they are partial', async ({ expect }) => {
    const page = await readFile(PAGE, 'utf8');
    expect(page).toMatch(/^\| `Invoke` +\| partial +\| \S/m);
    expect(page).not.toMatch(/\| partial +\| +\|/);
  });

  it('need their place in the page', ({ expect }) => {
    expect(() => placeOperationsTable('# A page')).toThrow('docs/compatibility.md has no line');
  });
});
