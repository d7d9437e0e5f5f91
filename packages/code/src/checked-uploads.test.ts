import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describeCodeUploads, eventually, useTemporaryFolder } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { CheckedUploads, type CheckedUploadsDeps } from './checked-uploads.ts';
import { FolderCodeStore } from './folder-code-store.ts';
import { makeRawZip } from './raw-zip-fixture.ts';

const NEVER = new AbortController().signal;

async function useUploads(
  overrides: Partial<CheckedUploadsDeps> = {},
): Promise<{ readonly uploads: CheckedUploads; readonly stagingDir: string }> {
  const folder = await useTemporaryFolder();
  const stagingDir = path.join(folder, 'staging');
  const uploads = new CheckedUploads({
    codeStore: new FolderCodeStore(path.join(folder, 'store')),
    stagingDir,
    claim: () => Promise.resolve(),
    ...overrides,
  });
  return { uploads, stagingDir };
}

describeCodeUploads('a store that is looked after', {
  make: async () => (await useUploads()).uploads,
  makeZip: makeRawZip,
});

describe('uploads', () => {
  const archive = makeRawZip([{ name: 'index.js', content: '1' }]);

  it('are claimed before they are put into the store', async ({ expect }) => {
    const calls: string[] = [];
    const folder = new FolderCodeStore(await useTemporaryFolder());
    const { uploads } = await useUploads({
      claim: (codeSha256) => Promise.resolve(void calls.push(`claim ${codeSha256}`)),
      codeStore: {
        open: (...args) => folder.open(...args),
        putFile: (file) => Promise.resolve(void calls.push(`put ${file.codeSha256}`)),
      },
    });
    const upload = await uploads.put(archive, NEVER);
    const codeSha256 = upload.kind === 'stored' ? upload.codeSha256 : '';
    expect(calls).toEqual([`claim ${codeSha256}`, `put ${codeSha256}`]);
  });

  it('are answered when there is a copy, and do not keep others from their turn meanwhile', async ({
    expect,
  }) => {
    const copied = Promise.withResolvers<undefined>();
    const awaited: string[] = [];
    const { uploads } = await useUploads({
      awaitCopy: async (codeSha256) => {
        awaited.push(codeSha256);
        await copied.promise;
      },
    });
    const answers: unknown[] = [];
    const puts = Array.from({ length: 20 }, async (_, n) => {
      const content = n.toString();
      answers.push(await uploads.put(makeRawZip([{ name: 'index.js', content }]), NEVER));
    });
    await eventually(() => {
      expect(awaited).toHaveLength(20);
    });
    expect(answers).toEqual([]);
    expect(await uploads.put(Buffer.from('garbage'), NEVER)).toMatchObject({ kind: 'refused' });
    copied.resolve(undefined);
    await Promise.all(puts);
    expect(new Set(awaited).size).toBe(20);
  });

  it('leave no file behind, whatever becomes of them', async ({ expect }) => {
    const { uploads, stagingDir } = await useUploads({ maxUploadBytes: 1000 });
    await uploads.put(archive, NEVER);
    await uploads.put(Buffer.from('garbage'), NEVER);
    await uploads.put(Buffer.alloc(1001), NEVER);
    expect(await readdir(stagingDir)).toEqual([]);
  });

  it('are at most eight at a time', async ({ expect }) => {
    const running = { now: 0, most: 0 };
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      for (let n = 0; n < 20; n += 1) yield await Promise.resolve(Buffer.alloc(10));
      running.now -= 1;
    };
    const { uploads } = await useUploads();
    await Promise.all(Array.from({ length: 30 }, () => uploads.put(slow(), NEVER)));
    expect(running).toEqual({ now: 0, most: 8 });
  });
});
