import { readdir, truncate, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'vitest';
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
