import { describe, it } from 'vitest';
import { StartFailures } from './start-failures.ts';

const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };
const FAILURE = { reason: 'InitFailed', message: 'x' };

describe('StartFailures', () => {
  it('are of the revision that failed: a mended one is not blamed for it', ({ expect }) => {
    const failures = new StartFailures();
    failures.note(KEY, FAILURE);
    expect(failures.of('default/hello', 'r1')).toEqual(FAILURE);
    expect(failures.of('default/hello', 'r2')).toBeUndefined();
    expect(failures.of('default/hello', undefined)).toBeUndefined();
    expect(failures.of('default/other', 'r1')).toBeUndefined();
  });

  it('end with a start that succeeds', ({ expect }) => {
    const failures = new StartFailures();
    failures.note(KEY, FAILURE);
    failures.clear('default/hello');
    expect(failures.of('default/hello', 'r1')).toBeUndefined();
  });
});
