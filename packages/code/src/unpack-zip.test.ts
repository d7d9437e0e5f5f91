import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'vitest';
import { useTemporaryFolder } from '@mayfly/testkit';
import { makeRawZip, type RawEntry } from './raw-zip-fixture.ts';
import { unpackZip, type UnpackResult } from './unpack-zip.ts';

const LINK = 0o120_777;
const SMALL = { maxUnpackedBytes: 10_000, maxEntries: 50 };

interface Unpacked {
  readonly result: UnpackResult;
  readonly root: string;
  readonly target: string;
}

/** Both ways to write must come to the same. */
const WAYS = [
  { way: 'while others work', isAlone: false },
  { way: 'in one go', isAlone: true },
] as const;

type Way = (typeof WAYS)[number];

async function unpackAs(
  { isAlone }: Way,
  archive: Buffer | readonly RawEntry[],
): Promise<Unpacked> {
  const root = await useTemporaryFolder();
  const target = path.join(root, 'code');
  const bytes = Buffer.isBuffer(archive) ? archive : makeRawZip(archive);
  return { root, target, result: await unpackZip(bytes, target, { limits: SMALL, isAlone }) };
}

describe.for(WAYS)('unpacking a good archive $way', (way) => {
  const unpack = unpackAs.bind(undefined, way);

  it('writes files, folders, modes and links', async ({ expect }) => {
    const { result, target } = await unpack([
      { name: './lib/', mode: 0o040_755 },
      { name: 'lib/a.txt', content: 'aaa', isDeflated: true },
      { name: 'bootstrap', content: '#!/bin/sh\n', mode: 0o100_777 },
      { name: 'private', content: 'x', mode: 0o100_600 },
      { name: 'from-dos', content: 'x', versionMadeBy: 0, mode: 0 },
      { name: 'deep/er/link', content: '../../lib/a.txt', mode: LINK },
    ]);
    expect(result).toEqual({ kind: 'unpacked', unpackedBytes: 15 });
    expect(await readFile(path.join(target, 'deep/er/link'), 'utf8')).toBe('aaa');
    expect(await readlink(path.join(target, 'deep/er/link'))).toBe('../../lib/a.txt');
    const modes = await Promise.all(
      ['bootstrap', 'private', 'from-dos'].map(
        async (name) => (await stat(path.join(target, name))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o755, 0o600, 0o644]);
  });

  it('leaves one that is already there as it is', async ({ expect }) => {
    const { target, root } = await unpack([{ name: 'a', content: '1' }]);
    const again = await unpackZip(makeRawZip([{ name: 'a', content: '1' }]), target, {
      limits: SMALL,
      isAlone: way.isAlone,
    });
    expect(again.kind).toBe('unpacked');
    expect(await readdir(root)).toEqual(['code']);
  });

  it('lets everybody read, where that is asked for', async ({ expect }) => {
    const target = path.join(await useTemporaryFolder(), 'code');
    const archive = makeRawZip([
      { name: 'd/a', content: '1', mode: 0o100_600 },
      { name: 'd/run', content: '2', mode: 0o100_700 },
    ]);
    const options = { limits: SMALL, isForEverybody: true, isAlone: way.isAlone };
    expect((await unpackZip(archive, target, options)).kind).toBe('unpacked');
    const modes = await Promise.all(
      ['d', 'd/a', 'd/run'].map(async (name) => (await stat(path.join(target, name))).mode & 0o777),
    );
    expect(modes).toEqual([0o755, 0o644, 0o755]);
  });

  it('takes an archive without entries', async ({ expect }) => {
    const { result, target } = await unpack([]);
    expect(result.kind).toBe('unpacked');
    expect(await readdir(target)).toEqual([]);
  });

  it('takes a link that leads nowhere inside of the package', async ({ expect }) => {
    const { result, target } = await unpack([{ name: 'l', content: 'later', mode: LINK }]);
    expect(result.kind).toBe('unpacked');
    expect((await lstat(path.join(target, 'l'))).isSymbolicLink()).toBe(true);
  });
});

const UNSAFE: Record<string, readonly RawEntry[]> = {
  'a name that climbs': [{ name: '../evil', content: 'x' }],
  'a name that climbs from inside': [{ name: 'a/../../evil', content: 'x' }],
  'a folder that climbs': [{ name: 'a/../../b/' }],
  'an absolute name': [{ name: '/tmp/evil', content: 'x' }],
  'a name with backslashes': [{ name: '..\\evil', content: 'x' }],
  'a name on a drive': [{ name: 'C:evil', content: 'x' }],
  'a name with a NUL': [{ name: 'a\0b', content: 'x' }],
  'an empty name': [{ name: '', content: 'x' }],
  'a name that is too long': [{ name: 'n'.repeat(300), content: 'x' }],
  'a link that climbs': [{ name: 'l', content: '../outside', mode: LINK }],
  'an absolute link': [{ name: 'l', content: '/etc/passwd', mode: LINK }],
  'an empty link': [{ name: 'l', content: '', mode: LINK }],
  'a link that leaves by way of another': [
    { name: 'd/one', content: '..', mode: LINK },
    { name: 'd/two', content: 'one/../secret', mode: LINK },
  ],
  'links that go in a circle': [
    { name: 'a', content: 'b', mode: LINK },
    { name: 'b', content: 'a', mode: LINK },
  ],
  'a file below a link': [
    { name: 'l', content: '.', mode: LINK },
    { name: 'l/evil', content: 'x' },
  ],
  'a link in the place of a folder with files': [
    { name: 'l/evil', content: 'x' },
    { name: 'l', content: '.', mode: LINK },
  ],
  'a link that is too long': [{ name: 'l', content: 'x/'.repeat(3000), mode: LINK }],
  'a name twice': [
    { name: 'a', content: '1' },
    { name: './a', content: '2' },
  ],
  'a name as file and as folder': [{ name: 'a', content: '1' }, { name: 'a/' }],
  'a device': [{ name: 'dev', mode: 0o020_666 }],
  'a named pipe': [{ name: 'fifo', mode: 0o010_666 }],
  'too many entries': Array.from({ length: 51 }, (_, n) => ({ name: n.toString() })),
  'too many folders': [{ name: 'd/'.repeat(60) }],
};

const INVALID: Record<string, Buffer> = {
  'no archive at all': Buffer.from('this is not a zip'),
  'no bytes': Buffer.alloc(0),
  'a cut-off archive': makeRawZip([{ name: 'a', content: 'x'.repeat(500) }]).subarray(0, 400),
  'an archive without its beginning': makeRawZip([{ name: 'a', content: 'abc' }]).subarray(20),
  'a wrong checksum': makeRawZip([{ name: 'a', content: 'abc', checksum: 1 }]),
  'an encrypted entry': makeRawZip([{ name: 'a', content: 'x'.repeat(20), flags: 1 }]),
  'an unknown compression': makeRawZip([{ name: 'a', content: 'x', method: 14 }]),
  'damaged deflate data': makeRawZip([{ name: 'a', content: '\xff\xff\xff', method: 8 }]),
  'more bytes than declared': makeRawZip([
    { name: 'a', content: 'x'.repeat(9000), isDeflated: true, declaredBytes: 10 },
  ]),
};

const TOO_LARGE: Record<string, readonly RawEntry[]> = {
  'one entry over the limit': [{ name: 'a', content: '0'.repeat(10_001), isDeflated: true }],
  'entries over the limit together': ['a', 'b', 'c'].map((name) => ({
    name,
    content: '0'.repeat(4000),
    isDeflated: true,
  })),
};

describe.for(WAYS)('refusing an archive $way', (way) => {
  const unpack = unpackAs.bind(undefined, way);

  it.for(Object.entries(UNSAFE))('with %s, leaving nothing', async ([, entries], { expect }) => {
    const { result, root } = await unpack(entries);
    expect(result).toMatchObject({ kind: 'refused', reason: 'UnsafeArchive' });
    expect(await readdir(root)).toEqual([]);
  });

  it.for(Object.entries(INVALID))('that is %s, leaving nothing', async ([, bytes], { expect }) => {
    const { result, root } = await unpack(bytes);
    expect(result).toMatchObject({ kind: 'refused', reason: 'InvalidZipFile' });
    expect(await readdir(root)).toEqual([]);
  });

  it.for(Object.entries(TOO_LARGE))('with %s, leaving nothing', async ([, entries], { expect }) => {
    const { result, root } = await unpack(entries);
    expect(result).toMatchObject({ kind: 'refused', reason: 'CodeTooLarge' });
    expect(await readdir(root)).toEqual([]);
  });

  it('survives every single damaged byte of a small one', async ({ expect }) => {
    const good = makeRawZip([{ name: 'lib/a.js', content: 'exports.a = 1;', isDeflated: true }]);
    const root = await useTemporaryFolder();
    for (let at = 0; at < good.length; at += 1) {
      const damaged = Buffer.from(good);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      const target = path.join(root, at.toString());
      const { kind } = await unpackZip(damaged, target, { limits: SMALL, isAlone: way.isAlone });
      expect(await readdir(root).then((names) => names.includes(at.toString()))).toBe(
        kind === 'unpacked',
      );
    }
  });
});

describe('unpacking much in one go', () => {
  it('goes on piece by piece where that is more than little', async ({ expect }) => {
    const target = path.join(await useTemporaryFolder(), 'code');
    const content = 'x'.repeat(5 * 1024 * 1024);
    const archive = makeRawZip([{ name: 'a', content, isDeflated: true }]);
    const result = await unpackZip(archive, target, { isAlone: true });
    expect(result).toEqual({ kind: 'unpacked', unpackedBytes: content.length });
    expect((await stat(path.join(target, 'a'))).size).toBe(content.length);
  });
});
