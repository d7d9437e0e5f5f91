import { access, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FolderCodeStore } from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import { aFunction, describeCodeUploads, FakeClock, useTemporaryFolder } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { LocalCodeResolver } from './local-code-resolver.ts';
import { LocalCodeUploads } from './local-code-uploads.ts';

const NEVER = new AbortController().signal;

async function useUploads(): Promise<{
  readonly code: LocalCodeResolver;
  readonly uploads: LocalCodeUploads;
  readonly storeDir: string;
}> {
  const root = await useTemporaryFolder();
  const storeDir = path.join(root, 'store');
  const codeStore = new FolderCodeStore(storeDir);
  const unpackedDir = path.join(root, 'unpacked');
  const code = new LocalCodeResolver({
    codeStore,
    unpackedDir,
    baseDir: root,
    clock: new FakeClock(),
  });
  return { code, storeDir, uploads: new LocalCodeUploads({ code, codeStore }) };
}

function named(store: string): Parameters<LocalCodeResolver['resolve']>[0] {
  return aFunction({ spec: { code: { zip: { store } } } });
}

describeCodeUploads('the store of a machine', {
  make: async () => (await useUploads()).uploads,
  makeZip: makeRawZip,
});

describe('uploads to a machine', () => {
  it('are unpacked when they are stored, and named by code.zip.store', async ({ expect }) => {
    const { code, uploads } = await useUploads();
    const upload = await uploads.put(makeRawZip([{ name: 'index.js', content: '1' }]), NEVER);
    if (upload.kind !== 'stored') throw new Error(upload.message);
    await access(path.join(code.unpackedPath(upload.codeSha256), 'index.js'));
    const { codeSha256, codeSize } = upload;
    const resolved = { kind: 'resolved', codeSha256, codeSize };
    expect(await code.resolve(named(codeSha256))).toEqual(resolved);
    await code.retain(new Set());
    expect(await code.resolve(named(codeSha256))).toEqual(resolved);
    await access(path.join(code.unpackedPath(codeSha256), 'index.js'));
  });

  it('are missed by who names one that is not there', async ({ expect }) => {
    const { code } = await useUploads();
    expect(await code.resolve(named(`${'A'.repeat(43)}=`))).toMatchObject({
      kind: 'refused',
      reason: 'CodeNotFound',
    });
  });

  it('are checked when they are read again', async ({ expect }) => {
    const { code, uploads, storeDir } = await useUploads();
    const upload = await uploads.put(makeRawZip([{ name: 'index.js', content: '1' }]), NEVER);
    if (upload.kind !== 'stored') throw new Error(upload.message);
    await code.retain(new Set());
    const [file = ''] = await readdir(storeDir);
    await writeFile(path.join(storeDir, file), makeRawZip([{ name: 'evil.js', content: '2' }]));
    expect(await code.resolve(named(upload.codeSha256))).toMatchObject({
      kind: 'refused',
      reason: 'CodeSha256Mismatch',
    });
  });

  it('refuse a bomb that says it is small', async ({ expect }) => {
    const { uploads } = await useUploads();
    const archive = makeRawZip([
      { name: 'a', content: Buffer.alloc(1_000_000), isDeflated: true, declaredBytes: 1 },
    ]);
    expect(await uploads.put(archive, NEVER)).toMatchObject({ kind: 'refused' });
  });
});
