import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAMS = '{operator,gateway,packages/*}/src/**/*.ts';
/** Series that Prometheus makes of one histogram. */
const SERIES = /_(?:bucket|sum|count)$/;

function readMetrics(): ReadonlySet<string> {
  const files = globSync(PROGRAMS, { cwd: ROOT }).filter((file) => !file.includes('.test.'));
  const texts = files.map((file) => readFileSync(path.join(ROOT, file), 'utf8'));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/\bname: '(mayfly_\w+)'/g)].map((m) => m[1] ?? '')),
  );
}

function readNamed(): ReadonlySet<string> {
  const text = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');
  return new Set([...text.matchAll(/\bmayfly_\w+/g)].map(([name]) => name.replace(SERIES, '')));
}

/** What the first column of a table explains. */
function readExplained(): ReadonlySet<string> {
  const text = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');
  return new Set([...text.matchAll(/^\| `(mayfly_\w+)` +\|/gm)].map(([, name = '']) => name));
}

describe('metrics', () => {
  it('are found in the code', ({ expect }) => {
    expect([...readMetrics()]).toEqual(
      expect.arrayContaining(['mayfly_invocations_total', 'mayfly_reconcile_total']),
    );
  });

  it('each have a row in docs/operations.md', ({ expect }) => {
    const explained = readExplained();
    expect([...readMetrics()].filter((name) => !explained.has(name))).toEqual([]);
  });

  it('that docs/operations.md names exist', ({ expect }) => {
    const metrics = readMetrics();
    expect([...readNamed()].filter((name) => !metrics.has(name))).toEqual([]);
  });
});
