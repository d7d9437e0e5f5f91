import { createHash } from 'node:crypto';
import { readdir, truncate } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'vitest';
import { useTemporaryFolder } from '@mayfly/testkit';
import { FolderCodeStore } from './folder-code-store.ts';

describe('FolderCodeStore', () => {
  it('gives back what it was given, by digest', async ({ expect }) => {
    const store = new FolderCodeStore(path.join(await useTemporaryFolder(), 'not', 'yet'));
    const archive = Buffer.from('archive');
    const stored = await store.put(archive);
    expect(stored).toEqual({
      codeSha256: createHash('sha256').update(archive).digest('base64'),
      codeSize: 7,
    });
    expect(await store.get(stored.codeSha256)).toEqual(archive);
  });

  it('keeps one file when the same bytes come at the same time', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const store = new FolderCodeStore(folder);
    await Promise.all(Array.from({ length: 5 }, () => store.put(Buffer.from('same'))));
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('mends an archive that was cut off', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const store = new FolderCodeStore(folder);
    const { codeSha256 } = await store.put(Buffer.from('whole'));
    await truncate(path.join(folder, (await readdir(folder))[0] ?? ''), 2);
    await store.put(Buffer.from('whole'));
    expect(await store.get(codeSha256)).toEqual(Buffer.from('whole'));
  });

  it('does not know what it was not given', async ({ expect }) => {
    const store = new FolderCodeStore(await useTemporaryFolder());
    expect(await store.get(createHash('sha256').digest('base64'))).toBeUndefined();
  });

  it('forgets what is not to be retained', async ({ expect }) => {
    const store = new FolderCodeStore(await useTemporaryFolder());
    const [kept, dropped] = [await store.put(Buffer.from('a')), await store.put(Buffer.from('b'))];
    await store.retain(new Set([kept.codeSha256]));
    expect(await store.get(kept.codeSha256)).toBeDefined();
    expect(await store.get(dropped.codeSha256)).toBeUndefined();
  });
});
