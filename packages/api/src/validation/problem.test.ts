import fc from 'fast-check';
import { describe, it } from 'vitest';
import { formatPath, formatProblems, parsePath } from './problem.ts';

describe('formatPath', () => {
  it.for([
    [['spec', 'timeout'], 'spec.timeout'],
    [['spec', 'architectures', 0], 'spec.architectures[0]'],
    [['spec', 'my key', 'a"b'], 'spec["my key"]["a\\"b"]'],
    [[], ''],
  ] as const)('writes %j as %s', ([segments, path], { expect }) => {
    expect(formatPath(segments)).toBe(path);
  });

  it('is undone by parsePath', ({ expect }) => {
    const segment = fc.oneof(fc.string(), fc.nat());
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        expect(parsePath(formatPath(segments))).toEqual(segments);
      }),
    );
  });
});

describe('formatProblems', () => {
  it('joins all problems in one line', ({ expect }) => {
    const problems = [
      { path: 'spec.code', message: 'is required' },
      { path: 'spec.timeout', message: 'must be at most 900 (got 1000)' },
    ];
    expect(formatProblems(problems)).toBe(
      'spec.code: is required; spec.timeout: must be at most 900 (got 1000)',
    );
  });
});
