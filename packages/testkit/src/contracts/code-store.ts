import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArchiveFile, CodeStore, ReadableArchive } from '@mayfly/core';
import { describe, it } from 'vitest';
import { useTemporaryFolder } from '../temporary-folder.ts';

function digestOf(archive: Uint8Array): string {
  return createHash('sha256').update(archive).digest('base64');
}

async function useArchiveFile(archive: Uint8Array): Promise<ArchiveFile> {
  const file = path.join(await useTemporaryFolder(), 'archive');
  await writeFile(file, archive);
  return { path: file, codeSha256: digestOf(archive), codeSize: archive.byteLength };
}

async function readWhole(archive: ReadableArchive | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive?.read() ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every code store does, wherever it keeps archives. `make` gives an empty one. */
export function describeCodeStore(name: string, make: () => Promise<CodeStore>): void {
  describe(`${name} as a code store`, () => {
    it('gives back what it was given, by digest', async ({ expect }) => {
      const store = await make();
      const archive = Buffer.from('archive');
      const stored = await store.put(archive);
      expect(stored).toEqual({ codeSha256: digestOf(archive), codeSize: 7 });
      expect(Buffer.from((await store.get(stored.codeSha256)) ?? '')).toEqual(archive);
    });

    it('keeps every byte of a large archive', async ({ expect }) => {
      const store = await make();
      const archive = Buffer.alloc(9_000_001, 'mayfly');
      const { codeSha256, codeSize } = await store.put(archive);
      expect(codeSize).toBe(archive.length);
      expect(digestOf((await store.get(codeSha256)) ?? new Uint8Array())).toBe(codeSha256);
    });

    it('takes the same bytes again, also at the same time', async ({ expect }) => {
      const store = await make();
      const stored = await Promise.all(
        Array.from({ length: 5 }, () => store.put(Buffer.from('same'))),
      );
      expect(new Set(stored.map(({ codeSha256 }) => codeSha256)).size).toBe(1);
      await store.put(Buffer.from('same'));
      expect(await store.get(digestOf(Buffer.from('same')))).toBeDefined();
    });

    it('does not know what it was not given', async ({ expect }) => {
      const store = await make();
      expect(await store.get(digestOf(Buffer.from('other')))).toBeUndefined();
    });

    it('takes an archive from a file, and gives it piece by piece', async ({ expect }) => {
      const store = await make();
      const archive = Buffer.alloc(9_000_001, 'mayfly');
      const file = await useArchiveFile(archive);
      await store.putFile(file);
      await store.putFile(file);
      const opened = await store.open(file.codeSha256);
      expect(opened?.codeSize).toBe(archive.length);
      expect(digestOf(await readWhole(opened))).toBe(file.codeSha256);
      expect(digestOf(await readWhole(opened))).toBe(file.codeSha256);
    });

    it('gives the rest of an archive of which somebody has the beginning', async ({ expect }) => {
      const store = await make();
      const { codeSha256 } = await store.put(Buffer.from('0123456789'));
      const archive = await store.open(codeSha256);
      expect(archive?.codeSize).toBe(10);
      const rest = archive && { ...archive, read: () => archive.read(undefined, 7) };
      expect((await readWhole(rest)).toString()).toBe('789');
    });

    it('opens nothing that it was not given', async ({ expect }) => {
      const store = await make();
      expect(await store.open(digestOf(Buffer.from('other')))).toBeUndefined();
    });

    it('does not give what was forgotten since it was opened', async ({ expect }) => {
      const store = await make();
      const { codeSha256 } = await store.put(Buffer.from('a'));
      const opened = await store.open(codeSha256);
      await store.retain(new Set());
      await expect(readWhole(opened)).rejects.toThrow();
    });

    it('asks for each archive that it has, and forgets none whose answer is yes', async ({
      expect,
    }) => {
      const store = await make();
      const [a, b] = [await store.put(Buffer.from('a')), await store.put(Buffer.from('b'))];
      const asked: string[] = [];
      const keep = {
        has: (codeSha256: string) => {
          asked.push(codeSha256);
          return codeSha256 === a.codeSha256;
        },
      };
      await store.retain(keep);
      expect(asked.sort()).toEqual([a.codeSha256, b.codeSha256].sort());
      expect(await store.open(a.codeSha256)).toBeDefined();
      expect(await store.open(b.codeSha256)).toBeUndefined();
    });

    it('forgets what is not to be retained, and only that', async ({ expect }) => {
      const store = await make();
      const texts = ['a', 'b', 'c'];
      const stored = await Promise.all(texts.map((text) => store.put(Buffer.from(text))));
      const [a = '', b = '', c = ''] = stored.map(({ codeSha256 }) => codeSha256);
      await store.retain(new Set([b]));
      expect(await store.get(a)).toBeUndefined();
      expect(await store.get(b)).toBeDefined();
      expect(await store.get(c)).toBeUndefined();
    });

    it('retains nothing of nothing', async ({ expect }) => {
      const store = await make();
      await store.retain(new Set([digestOf(Buffer.from('a'))]));
      expect(await store.get(digestOf(Buffer.from('a')))).toBeUndefined();
    });

    it('ends what is aborted', async ({ expect }) => {
      const store = await make();
      await store.put(Buffer.from('a'));
      const signal = AbortSignal.abort(new Error('the operator ends'));
      await expect(store.put(Buffer.from('b'), signal)).rejects.toThrow();
      await expect(store.get(digestOf(Buffer.from('a')), signal)).rejects.toThrow();
      await expect(store.open(digestOf(Buffer.from('a')), signal)).rejects.toThrow();
      const file = await useArchiveFile(Buffer.from('b'));
      await expect(store.putFile(file, signal)).rejects.toThrow();
      await expect(store.retain(new Set(), signal)).rejects.toThrow();
    });
  });
}
