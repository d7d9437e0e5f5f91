import { describe, it } from 'vitest';
import { StartFailures } from './start-failures.ts';

const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };
const FAILURE = { reason: 'InitFailed', message: 'x' };

describe('StartFailures', () => {
  it('are of the revision that failed: a mended one is not blamed for it', ({ expect }) => {
    const failures = new StartFailures();
    failures.note(KEY, FAILURE);
    expect(failures.of(KEY)).toEqual(FAILURE);
    expect(failures.of({ ...KEY, revision: 'r2' })).toBeUndefined();
    expect(failures.of({ ...KEY, functionName: 'other' })).toBeUndefined();
  });

  it('end with a start that succeeds', ({ expect }) => {
    const failures = new StartFailures();
    failures.note(KEY, FAILURE);
    failures.clear(KEY);
    expect(failures.of(KEY)).toBeUndefined();
  });

  it('are forgotten with the revisions that are served no longer', ({ expect }) => {
    const failures = new StartFailures();
    failures.note(KEY, FAILURE);
    failures.retain('default/hell', new Set());
    failures.retain('default/hello', new Set(['r1']));
    expect(failures.of(KEY)).toEqual(FAILURE);
    failures.retain('default/hello', new Set(['r2']));
    expect(failures.of(KEY)).toBeUndefined();
  });

  it('are told of when there is something else to say', ({ expect }) => {
    const told: string[] = [];
    const failures = new StartFailures();
    failures.onChange(({ revision }) => told.push(revision));
    failures.clear(KEY);
    expect(told).toEqual([]);
    failures.note(KEY, FAILURE);
    failures.note(KEY, FAILURE);
    expect(told).toEqual(['r1']);
    failures.note(KEY, { ...FAILURE, message: 'y' });
    failures.clear(KEY);
    expect(told).toEqual(['r1', 'r1', 'r1']);
  });
});
