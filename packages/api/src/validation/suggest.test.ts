import fc from 'fast-check';
import { describe, it } from 'vitest';
import { editDistance, suggestName } from './suggest.ts';

const words = fc.string({ maxLength: 12 });

describe('editDistance', () => {
  it.for([
    ['timeout', 'timeout', 0],
    ['tiemout', 'timeout', 1],
    ['timeot', 'timeout', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ] as const)('from %s to %s is %i', ([from, to, steps], { expect }) => {
    expect(editDistance(from, to)).toBe(steps);
  });

  it('is zero for the same word only, symmetric and at most the longer length', ({ expect }) => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('suggestName', () => {
  const known = ['timeout', 'memorySize', 'handler', 'url'];

  it.for([
    ['tiemout', 'timeout'],
    ['MemorySize', 'memorySize'],
    ['memory_size', 'memorySize'],
    ['handlers', 'handler'],
    ['uri', 'url'],
  ] as const)('takes %s for %s', ([unknown, name], { expect }) => {
    expect(suggestName(unknown, known)).toBe(name);
  });

  it('takes the nearest of several', ({ expect }) => {
    expect(suggestName('idlSeconds', ['initSeconds', 'idleSeconds'])).toBe('idleSeconds');
  });

  it('suggests nothing that is far away', ({ expect }) => {
    expect(suggestName('replicas', known)).toBeUndefined();
    expect(suggestName('t'.repeat(10_000), known)).toBeUndefined();
    expect(suggestName('timeout', [])).toBeUndefined();
  });
});
