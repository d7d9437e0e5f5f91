import { createHash, randomBytes } from 'node:crypto';
import type { CodeUploads, ReadableArchive } from '@mayfly/core';
import { describe, it } from 'vitest';

const MIB = 1024 * 1024;

/** An entry of an archive, as a hostile tool may write it. */
interface Entry {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly isDeflated?: boolean;
  /** What it says that it unpacks to. */
  readonly declaredBytes?: number;
}

/** One adapter under test. */
export interface CodeUploadsAdapter {
  /** One with an empty store. */
  readonly make: () => Promise<CodeUploads>;
  /** An archive with these entries, of which nothing is checked. */
  readonly makeZip: (entries: readonly Entry[]) => Buffer;
}

const NEVER = new AbortController().signal;

function digestOf(archive: Uint8Array): string {
  return createHash('sha256').update(archive).digest('base64');
}

async function* cut(archive: Uint8Array, pieceBytes = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < archive.byteLength; at += pieceBytes) {
    yield await Promise.resolve(archive.subarray(at, at + pieceBytes));
  }
}

async function read(archive: ReadableArchive | undefined, start?: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of archive?.read(NEVER, start) ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What every way of archives into the code store and back does. */
export function describeCodeUploads(name: string, adapter: CodeUploadsAdapter): void {
  describe(`${name} as code uploads`, () => {
    describeKeeping(adapter);
    describeRefusing(adapter);
    describeBreaking(adapter);
  });
}

function describeKeeping({ make, makeZip }: CodeUploadsAdapter): void {
  const small = makeZip([{ name: 'index.js', content: 'exports.handler = 1' }]);

  it('gives back what it was given, by digest', async ({ expect }) => {
    const uploads = await make();
    const codeSha256 = digestOf(small);
    const stored = { kind: 'stored', codeSha256, codeSize: small.length };
    expect(await uploads.put(small, NEVER)).toEqual(stored);
    const archive = await uploads.open(codeSha256, NEVER);
    expect(archive?.codeSize).toBe(small.length);
    expect(await read(archive)).toEqual(small);
    expect(await read(archive)).toEqual(small);
    expect(await read(archive, small.length - 3)).toEqual(small.subarray(-3));
  });

  it('takes an archive piece by piece, and the same one again', async ({ expect }) => {
    const uploads = await make();
    const stored = { kind: 'stored', codeSha256: digestOf(small), codeSize: small.length };
    expect(await uploads.put(cut(small, 7), NEVER)).toEqual(stored);
    expect(await uploads.put(small, NEVER)).toEqual(stored);
    expect(await read(await uploads.open(stored.codeSha256, NEVER))).toEqual(small);
  });

  it('keeps every byte of large archives that come at the same time', async ({ expect }) => {
    const uploads = await make();
    const large = Array.from({ length: 3 }, () =>
      makeZip([{ name: 'data', content: randomBytes(5 * MIB + 1) }]),
    );
    const stored = await Promise.all(large.map((each) => uploads.put(cut(each, 100_001), NEVER)));
    expect(stored).toEqual(
      large.map((each) => ({
        kind: 'stored',
        codeSha256: digestOf(each),
        codeSize: each.length,
      })),
    );
    for (const each of large) {
      const back = await read(await uploads.open(digestOf(each), NEVER));
      expect(digestOf(back)).toBe(digestOf(each));
    }
  });

  it('takes an archive that is just small enough', async ({ expect }) => {
    const uploads = await make();
    const overhead = makeZip([{ name: 'data' }]).length;
    const archive = makeZip([{ name: 'data', content: Buffer.alloc(50 * MIB - overhead) }]);
    expect(archive.length).toBe(50 * MIB);
    expect(await uploads.put(archive, NEVER)).toMatchObject({ kind: 'stored' });
  });

  it('opens nothing that it was not given', async ({ expect }) => {
    const uploads = await make();
    expect(await uploads.open(digestOf(Buffer.from('other')), NEVER)).toBeUndefined();
  });
}

function describeRefusing({ make, makeZip }: CodeUploadsAdapter): void {
  const good = makeZip([{ name: 'index.js', content: 'x'.repeat(1000) }]);
  const hostile: readonly [what: string, archive: Buffer, reason: string][] = [
    ['nothing at all', Buffer.alloc(0), 'InvalidZipFile'],
    ['what is no archive', Buffer.from('not a zip file'), 'InvalidZipFile'],
    ['random bytes', randomBytes(100_000), 'InvalidZipFile'],
    ['an archive without its end', good.subarray(0, -30), 'InvalidZipFile'],
    ['a name that leads out', makeZip([{ name: '../evil.js' }]), 'UnsafeArchive'],
    ['an absolute name', makeZip([{ name: '/etc/passwd' }]), 'UnsafeArchive'],
    [
      'a link that leads out',
      makeZip([{ name: 'l', content: '../../etc', mode: 0o120_777 }]),
      'UnsafeArchive',
    ],
    ['a name twice', makeZip([{ name: 'a' }, { name: 'a' }]), 'UnsafeArchive'],
    [
      'a bomb',
      makeZip([{ name: 'a', isDeflated: true, declaredBytes: 250 * MIB + 1 }]),
      'CodeTooLarge',
    ],
    ['an archive of 50 MB and a byte', Buffer.alloc(50 * MIB + 1), 'CodeTooLarge'],
  ];

  it.for(hostile)(
    'refuses %s, and keeps nothing of it',
    async ([, archive, reason], { expect }) => {
      const uploads = await make();
      const refused = {
        kind: 'refused',
        reason,
        message: expect.stringMatching(/\.$|: /) as string,
      };
      expect(await uploads.put(archive, NEVER)).toEqual(refused);
      expect(await uploads.put(cut(archive, 1_000_000), NEVER)).toEqual(refused);
      expect(await uploads.open(digestOf(archive), NEVER)).toBeUndefined();
    },
  );

  it('reads no more of an endless upload than it may have', async ({ expect }) => {
    const uploads = await make();
    const seen = { bytes: 0, hasEnded: false };
    const endless = (async function* () {
      try {
        for (;;) {
          seen.bytes += MIB;
          yield await Promise.resolve(Buffer.alloc(MIB));
        }
      } finally {
        seen.hasEnded = true;
      }
    })();
    expect(await uploads.put(endless, NEVER)).toMatchObject({ reason: 'CodeTooLarge' });
    expect(seen.hasEnded).toBe(true);
    expect(seen.bytes).toBeLessThanOrEqual(64 * MIB);
  });
}

function describeBreaking({ make, makeZip }: CodeUploadsAdapter): void {
  const archive = makeZip([{ name: 'index.js', content: randomBytes(300_000) }]);

  it('keeps nothing of an upload whose source breaks', async ({ expect }) => {
    const uploads = await make();
    const broken = (async function* () {
      yield* cut(archive);
      await Promise.resolve();
      throw new Error('the client is gone');
    })();
    await expect(uploads.put(broken, NEVER)).rejects.toThrow();
    expect(await uploads.open(digestOf(archive), NEVER)).toBeUndefined();
  });

  it('keeps nothing of an upload that is aborted', async ({ expect }) => {
    const uploads = await make();
    const controller = new AbortController();
    const stopping = (async function* () {
      yield* cut(archive.subarray(0, 200_000));
      controller.abort(new Error('enough'));
      yield* cut(archive.subarray(200_000));
    })();
    await expect(uploads.put(stopping, controller.signal)).rejects.toThrow();
    expect(await uploads.open(digestOf(archive), NEVER)).toBeUndefined();
  });

  it('does nothing for who has given up already', async ({ expect }) => {
    const uploads = await make();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(uploads.put(archive, signal)).rejects.toThrow();
    await expect(uploads.open(digestOf(archive), signal)).rejects.toThrow();
  });

  it('ends a download that is aborted', async ({ expect }) => {
    const uploads = await make();
    await uploads.put(archive, NEVER);
    const opened = await uploads.open(digestOf(archive), NEVER);
    const controller = new AbortController();
    const download = async (): Promise<number> => {
      let bytes = 0;
      for await (const piece of opened?.read(controller.signal) ?? []) {
        bytes += piece.byteLength;
        controller.abort(new Error('enough'));
      }
      return bytes;
    };
    await expect(download()).rejects.toThrow();
  });
}
