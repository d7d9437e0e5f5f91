import fc from 'fast-check';
import { describe, it } from 'vitest';
import { cutOrders, planOrders, shouldAwaitCopy } from './plan-orders.ts';

const DIGESTS: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f'];
const digests = fc.uniqueArray(fc.constantFrom(...DIGESTS));

describe('planOrders', () => {
  it('brings a follower in step, and loses nothing that the leader has not forgotten', ({
    expect,
  }) => {
    fc.assert(
      fc.property(
        fc.record({ ours: digests, theirs: digests, forgotten: digests, awaited: digests }),
        (given) => {
          const { ours, theirs, forgotten, awaited } = given;
          const kept = new Map(ours.map((digest) => [digest, 1]));
          const plan = planOrders({
            kept,
            forgotten: new Set(forgotten.filter((digest) => !kept.has(digest))),
            awaited: new Set(awaited),
            theirs: new Set(theirs),
          });
          const after = new Set([...theirs, ...plan.keep.map(({ codeSha256 }) => codeSha256)]);
          for (const digest of plan.drop) after.delete(digest);
          for (const digest of plan.give) kept.set(digest, 1);
          expect(ours.every((digest) => after.has(digest))).toBe(true);
          const unknown = [...after].filter((digest) => !kept.has(digest));
          expect(unknown.every((digest) => awaited.includes(digest))).toBe(true);
          expect(plan.drop.every((digest) => forgotten.includes(digest))).toBe(true);
        },
      ),
    );
  });
});

describe('cutOrders', () => {
  it('names everything once, in messages of a thousand', ({ expect }) => {
    const keep = Array.from({ length: 2500 }, (_, n) => ({ codeSha256: String(n), codeSize: n }));
    const orders = [...cutOrders({ keep, drop: ['x'], give: [] })];
    expect(orders.map((order) => order.keep.length)).toEqual([1000, 1000, 500]);
    expect(orders.flatMap((order) => order.keep)).toEqual(keep);
    expect(orders.flatMap((order) => order.drop)).toEqual(['x']);
    expect([...cutOrders({ keep: [], drop: [], give: [] })]).toEqual([]);
  });
});

describe('shouldAwaitCopy', () => {
  const facts = { isCopied: false, followers: 1, replicas: 2, aloneMs: 0 };

  it.for([
    ['waits for a follower that is there', {}, true],
    ['does not wait for what is done', { isCopied: true }, false],
    ['waits for a follower that was there a moment ago', { followers: 0, aloneMs: 29_999 }, true],
    ['does not wait for one that is away', { followers: 0, aloneMs: 30_000 }, false],
    ['does not wait where there is but one operator', { followers: 0, replicas: 1 }, false],
    ['waits for one that replaces the only one', { replicas: 1 }, true],
  ] as const)('%s', ([, overrides, expected], { expect }) => {
    expect(shouldAwaitCopy({ ...facts, ...overrides })).toBe(expected);
  });
});
