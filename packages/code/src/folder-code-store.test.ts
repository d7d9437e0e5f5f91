import { mkdir, readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'vitest';
import type { StoredCode } from '@mayfly/core';
import { describeCodeStore, useTemporaryFolder } from '@mayfly/testkit';
import { FolderCodeStore } from './folder-code-store.ts';

describeCodeStore(
  'FolderCodeStore',
  async () => new FolderCodeStore(path.join(await useTemporaryFolder(), 'not', 'yet')),
);

describe('FolderCodeStore', () => {
  it('keeps one file when the same bytes come at the same time', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const store = new FolderCodeStore(folder);
    await Promise.all(Array.from({ length: 5 }, () => store.put(Buffer.from('same'))));
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('lists archives with their sizes, and nothing else', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const store = new FolderCodeStore(folder);
    await writeFile(path.join(folder, 'README'), 'no archive');
    await mkdir(path.join(folder, '.mirror'));
    const stored = [await store.put(Buffer.from('a')), await store.put(Buffer.from('bc'))];
    const byDigest = (a: StoredCode, b: StoredCode): number =>
      a.codeSha256 < b.codeSha256 ? -1 : 1;
    expect([...(await store.list())].sort(byDigest)).toEqual(stored.sort(byDigest));
    expect(await new FolderCodeStore(path.join(folder, 'not', 'yet')).list()).toEqual([]);
  });

  it('never forgets what was put, or put again, within its grace', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const store = new FolderCodeStore(folder, { graceMs: 60_000 });
    const { codeSha256 } = await store.put(Buffer.from('a'));
    const file = path.join(folder, (await readdir(folder))[0] ?? '');
    const long = new Date(Date.now() - 61_000);
    await store.retain(new Set());
    expect(await store.open(codeSha256)).toBeDefined();
    await utimes(file, long, long);
    await store.put(Buffer.from('a'));
    await store.retain(new Set());
    expect(await store.open(codeSha256)).toBeDefined();
    await utimes(file, long, long);
    await store.retain(new Set());
    expect(await store.open(codeSha256)).toBeUndefined();
  });

  it('mends an archive that was cut off', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const store = new FolderCodeStore(folder);
    const { codeSha256 } = await store.put(Buffer.from('whole'));
    await truncate(path.join(folder, (await readdir(folder))[0] ?? ''), 2);
    await store.put(Buffer.from('whole'));
    expect(await store.get(codeSha256)).toEqual(Buffer.from('whole'));
  });
});
