import { describe, it } from 'vitest';
import { computeNameHash, makePodName, makeVersionName, toLabelValue } from './index.ts';

const ID = '3f2a91c07b554e0d8f6a2b1c9d8e7f60';

describe('names', () => {
  it.for([
    ['hello', 'hello-3f2a91c07b55'],
    ['a.b_C', 'a-b-c-3f2a91c07b55'],
    ['--', 'fn-3f2a91c07b55'],
    ['x'.repeat(253), `${'x'.repeat(50)}-3f2a91c07b55`],
  ] as const)('of pods are host names: %s', ([owner, name], { expect }) => {
    expect(makePodName(owner, ID)).toBe(name);
  });

  it.for([
    ['hello', 3, 'hello-3'],
    ['x'.repeat(253), 12, `${'x'.repeat(250)}-12`],
    [`${'x'.repeat(249)}-abc`, 12, `${'x'.repeat(249)}-12`],
  ] as const)(
    'of versions begin with that of the function: %s',
    ([owner, number, name], { expect }) => {
      expect(makeVersionName(owner, number)).toBe(name);
    },
  );

  it('that are no labels become hashes, each its own', ({ expect }) => {
    expect(toLabelValue('hello')).toBe('hello');
    expect(toLabelValue('a'.repeat(64))).toMatch(/^h-[0-9a-f]{16}$/);
    expect(toLabelValue('a_')).not.toBe(toLabelValue('b_'));
    expect(computeNameHash('')).toBe('cbf29ce484222325');
  });
});
