import { describe, it } from 'vitest';
import { checkZip } from './check-zip.ts';
import { makeRawZip } from './raw-zip-fixture.ts';

const LINK = 0o120_777;

function archiveOfLinks(count: number): Buffer {
  return makeRawZip(
    Array.from({ length: count }, (_, n) => ({
      name: `l${n.toString()}`,
      content: 'index.js',
      mode: LINK,
    })),
  );
}

describe('checkZip', () => {
  it('takes ten thousand symbolic links, and no more', async ({ expect }) => {
    expect(await checkZip(archiveOfLinks(10_000))).toBeUndefined();
    expect(await checkZip(archiveOfLinks(10_001))).toEqual({
      kind: 'refused',
      reason: 'UnsafeArchive',
      message: 'The archive has more than 10000 symbolic links.',
    });
  });

  it('refuses links that would take long to follow', async ({ expect }) => {
    const entries = Array.from({ length: 1000 }, (_, n) => ({
      name: `l${n.toString()}`,
      content: 'a/'.repeat(2000),
      mode: LINK,
    }));
    expect(await checkZip(makeRawZip(entries))).toMatchObject({ reason: 'UnsafeArchive' });
  });
});
