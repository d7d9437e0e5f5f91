import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { ReadableArchive } from '@mayfly/core';
import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { CodeDelivery, type CodeDeliveryDeps } from './code-delivery.ts';

const SMALL = Buffer.alloc(1024 * 1024, 's');
const LARGE = Buffer.alloc(1024 * 1024 + 1, 'l');
const BASE_URL = 'http://operator:8081/code';

function digestOf(archive: Uint8Array): string {
  return createHash('sha256').update(archive).digest('base64');
}

/** An archive whose bytes are handed out one after the other. */
function readable(bytes: Uint8Array): ReadableArchive {
  return {
    codeSize: bytes.byteLength,
    async *read() {
      for (let at = 0; at < bytes.byteLength; at += 1024) {
        yield await Promise.resolve(bytes.subarray(at, at + 1024));
      }
    },
  };
}

async function serveWhole(delivery: CodeDelivery, path: string): Promise<Buffer | undefined> {
  const archive = await delivery.serve(path);
  return archive && buffer(archive.read());
}

function makeDelivery(overrides: Partial<CodeDeliveryDeps> = {}): {
  readonly delivery: CodeDelivery;
  readonly clock: FakeClock;
  readonly reads: string[];
} {
  const clock = new FakeClock();
  const reads: string[] = [];
  const archives = new Map([SMALL, LARGE].map((archive) => [digestOf(archive), archive]));
  const delivery = new CodeDelivery({
    open: (codeSha256) => {
      reads.push(codeSha256);
      const archive = archives.get(codeSha256);
      return archive === undefined
        ? Promise.reject(new Error('it is lost'))
        : Promise.resolve(readable(archive));
    },
    presign: undefined,
    baseUrl: BASE_URL,
    key: Buffer.alloc(32, 1),
    clock,
    ...overrides,
  });
  return { delivery, clock, reads };
}

async function signedPath(delivery: CodeDelivery): Promise<string> {
  const source = await delivery.locate(digestOf(LARGE));
  if (source.kind !== 'url') throw new Error('a large archive is not sent along');
  return source.url.replace('http://operator:8081', '');
}

describe('locating code', () => {
  it('sends a small archive along, read once', async ({ expect }) => {
    const { delivery, reads } = makeDelivery();
    const source = { kind: 'attached', archive: SMALL };
    expect(await delivery.locate(digestOf(SMALL))).toEqual(source);
    expect(await delivery.locate(digestOf(SMALL))).toEqual(source);
    expect(reads).toHaveLength(1);
  });

  it('gives an address at the store where the store has such', async ({ expect }) => {
    const presign = (codeSha256: string, expiresInSeconds: number): Promise<string> =>
      Promise.resolve(`https://s3/${codeSha256}?expires=${expiresInSeconds.toString()}`);
    const { delivery } = makeDelivery({ presign });
    expect(await delivery.locate(digestOf(LARGE))).toEqual({
      kind: 'url',
      url: `https://s3/${digestOf(LARGE)}?expires=600`,
    });
  });

  it('gives a signed address of the operator otherwise', async ({ expect }) => {
    const { delivery } = makeDelivery();
    expect(await signedPath(delivery)).toMatch(
      /^\/code\/[0-9a-f]{64}\.zip\?expires=\d+&signature=[\w-]{43}$/,
    );
  });

  it('reads once for all who ask at once', async ({ expect }) => {
    const { delivery, reads } = makeDelivery();
    await Promise.all(Array.from({ length: 20 }, () => delivery.locate(digestOf(LARGE))));
    expect(reads).toHaveLength(1);
  });

  it('rejects while the archive cannot be had, and asks again', async ({ expect }) => {
    const { delivery, reads } = makeDelivery();
    const lost = digestOf(Buffer.from('lost'));
    await expect(delivery.locate(lost)).rejects.toThrow('it is lost');
    await expect(delivery.locate(lost)).rejects.toThrow('it is lost');
    expect(reads).toHaveLength(2);
  });

  it('lets one who waits go without the others', async ({ expect }) => {
    const archive = Promise.withResolvers<ReadableArchive>();
    const { delivery } = makeDelivery({ open: () => archive.promise });
    const stop = new AbortController();
    const impatient = delivery.locate(digestOf(SMALL), stop.signal);
    const patient = delivery.locate(digestOf(SMALL));
    stop.abort(new Error('no longer wanted'));
    await expect(impatient).rejects.toThrow('no longer wanted');
    archive.resolve(readable(SMALL));
    expect(await patient).toMatchObject({ kind: 'attached' });
  });

  it('forgets the small archive that was not asked for longest', async ({ expect }) => {
    const reads: string[] = [];
    const { delivery } = makeDelivery({
      open: (codeSha256) => {
        reads.push(codeSha256);
        return Promise.resolve(readable(Buffer.from(codeSha256)));
      },
    });
    const digests = Array.from({ length: 257 }, (_, n) => digestOf(Buffer.from(n.toString())));
    const [first = '', second = ''] = digests;
    for (const digest of digests.slice(0, 256)) await delivery.locate(digest);
    await delivery.locate(first);
    await delivery.locate(digests[256] ?? '');
    reads.length = 0;
    await delivery.locate(first);
    expect(reads).toEqual([]);
    await delivery.locate(second);
    expect(reads).toEqual([second]);
  });

  it('keeps no more small archives than fit into its memory', async ({ expect }) => {
    const reads: string[] = [];
    const { delivery } = makeDelivery({
      open: (codeSha256) => {
        reads.push(codeSha256);
        return Promise.resolve(readable(SMALL));
      },
    });
    // There is room for 48 of 1 MiB.
    const digests = Array.from({ length: 49 }, (_, n) => digestOf(Buffer.from(n.toString())));
    for (const digest of digests) await delivery.locate(digest);
    reads.length = 0;
    await delivery.locate(digests[48] ?? '');
    await delivery.locate(digests[1] ?? '');
    expect(reads).toEqual([]);
    await delivery.locate(digests[0] ?? '');
    expect(reads).toEqual([digests[0]]);
  });
});

describe('a signed address', () => {
  it('gives the archive until it expires', async ({ expect }) => {
    const { delivery, clock } = makeDelivery();
    const path = await signedPath(delivery);
    clock.step(600_000);
    expect(await serveWhole(delivery, path)).toEqual(LARGE);
    clock.step(1);
    expect(await delivery.serve(path)).toBeUndefined();
  });

  it('is good at the operator that leads next, and nowhere else', async ({ expect }) => {
    const path = await signedPath(makeDelivery().delivery);
    expect(await serveWhole(makeDelivery().delivery, path)).toEqual(LARGE);
    const stranger = makeDelivery({ key: Buffer.alloc(32, 2) });
    expect(await stranger.delivery.serve(path)).toBeUndefined();
    expect(stranger.reads).toEqual([]);
  });

  it.for([
    ['another archive', (path: string) => path.replace(/[0-9a-f]{64}/, 'a'.repeat(64))],
    ['a later end', (path: string) => path.replace(/expires=\d/, 'expires=9')],
    ['another signature', (path: string) => path.replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A'))],
    ['a shorter signature', (path: string) => path.slice(0, -1)],
    ['no signature', (path: string) => path.replace(/&signature=.*/, '')],
    ['no end', (path: string) => path.replace(/expires=\d+&/, '')],
    ['an end that is no number', (path: string) => path.replace(/expires=\d+/, 'expires=1e99')],
    ['no digest', () => '/code/any.zip?expires=1&signature=x'],
    ['no more than slashes', () => '//'],
  ] as const)('is refused with %s, and nothing is read', async ([, change], { expect }) => {
    const { delivery, reads } = makeDelivery();
    const path = await signedPath(delivery);
    reads.length = 0;
    expect(await delivery.serve(change(path))).toBeUndefined();
    expect(reads).toEqual([]);
  });

  it('reads a large archive only for those who download it', async ({ expect }) => {
    let isRead = false;
    const { delivery } = makeDelivery({
      open: () =>
        Promise.resolve({
          codeSize: LARGE.length,
          read: () => {
            isRead = true;
            return readable(LARGE).read();
          },
        }),
    });
    const path = await signedPath(delivery);
    const archive = await delivery.serve(path);
    expect(isRead).toBe(false);
    expect(archive?.codeSize).toBe(LARGE.length);
  });

  it('rejects when the archive is lost', async ({ expect }) => {
    const path = await signedPath(makeDelivery().delivery);
    const { delivery } = makeDelivery({ open: () => Promise.reject(new Error('it is lost')) });
    await expect(delivery.serve(path)).rejects.toThrow('it is lost');
  });
});
