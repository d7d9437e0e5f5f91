import { describe, it } from 'vitest';
import { shareCounts } from './share-counts.ts';

const share = (ownerId: string, parts: Record<string, number>) => ({
  ownerId,
  parts: new Map(Object.entries(parts)),
});

describe('what there is of provisioned versions', () => {
  it('is added up over the versions of an owner', ({ expect }) => {
    const counts = shareCounts([share('a', { 1: 9, 2: 1 })], (version) =>
      version === '1'
        ? { allocated: 8, available: 5, missing: 0 }
        : { allocated: 0, available: 0, missing: 1 },
    );
    expect(counts.get('a')).toMatchObject({ allocated: 8, available: 5, missing: 1 });
  });

  it('goes to the first of two owners of a version first, and to none twice', ({ expect }) => {
    const shares = [share('a', { 1: 3 }), share('b', { 1: 3 })];
    const counts = shareCounts(shares, () => ({ allocated: 4, available: 4, missing: 2 }));
    expect(counts.get('a')).toMatchObject({ allocated: 3, available: 3, missing: 0 });
    expect(counts.get('b')).toMatchObject({ allocated: 1, available: 1, missing: 2 });
  });

  it('is at most what an owner asked for: the others are on their way out', ({ expect }) => {
    const counts = shareCounts([share('a', { 1: 3 })], () => ({
      allocated: 7,
      available: 7,
      missing: 0,
    }));
    expect(counts.get('a')).toMatchObject({ allocated: 3, available: 3 });
  });

  it('names the first failure', ({ expect }) => {
    const failure = { reason: 'InitFailed', message: 'no' };
    const counts = shareCounts([share('a', { 1: 1, 2: 1 })], (version) => ({
      allocated: 0,
      available: 0,
      missing: 0,
      ...(version === '2' ? { failure } : {}),
    }));
    expect(counts.get('a')?.failure).toEqual(failure);
  });
});
