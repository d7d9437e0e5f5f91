import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const TESTS = 'test/conformance/runtime';

/** Name of a promise's file → the rows of the contract that it proves. */
function readProofs(): ReadonlyMap<string, number> {
  const text = readFileSync(path.join(ROOT, 'docs/runtime-contract.md'), 'utf8');
  const proofs = new Map<string, number>();
  for (const [, label = '', link = ''] of text.matchAll(/^\|.*\| \[`([^`]+)`\]\((\S+)\) +\|$/gm)) {
    const file = path.relative(ROOT, path.resolve(ROOT, 'docs', link));
    if (file !== `${TESTS}/${label}.test.ts`) throw new Error(`${label} links to ${link}`);
    proofs.set(file, (proofs.get(file) ?? 0) + 1);
  }
  return proofs;
}

/** Rows of the tables that have a column of tests. */
function countPromises(): number {
  const text = readFileSync(path.join(ROOT, 'docs/runtime-contract.md'), 'utf8');
  const tables = text.matchAll(/^\| Promise .*\n\|[ |-]+\n((?:\|.*\n)+)/gm);
  const rows = [...tables].map(([, body = '']) => body.trimEnd().split('\n').length);
  return rows.reduce((sum, count) => sum + count, 0);
}

describe('the runtime contract', () => {
  it('has promises', ({ expect }) => {
    expect(countPromises()).toBeGreaterThan(10);
  });

  it('names a test for each promise', ({ expect }) => {
    const proven = [...readProofs().values()].reduce((sum, count) => sum + count, 0);
    expect(proven).toBe(countPromises());
  });

  it('and the tests of the runtimes are the same list', ({ expect }) => {
    const files = globSync(`${TESTS}/*.test.ts`, { cwd: ROOT });
    expect([...readProofs().keys()].toSorted()).toEqual(files.toSorted());
  });
});
