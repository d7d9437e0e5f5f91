import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { FakeClock, eventually, type FakeCodeUploads } from '@mayfly/testkit';
import type { ReadableArchive } from '@mayfly/core';
import { describe, it, onTestFinished, type ExpectStatic } from 'vitest';
import { startGatewayBed, type GatewayBed } from '../testing/gateway-bed.ts';
import { GatewayGroup } from '../testing/gateway-group.ts';
import { aServedFunction } from '../testing/served-function.ts';

const ARCHIVE = Buffer.concat([Buffer.from('PK'), randomBytes(1_000_000)]);
const CODE_SHA256 = digestOf(ARCHIVE);
const PIECE = randomBytes(64 * 1024);
const NEVER = new AbortController().signal;

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function aFunctionOfTheArchive(): ReturnType<typeof aServedFunction> {
  const fn = aServedFunction();
  const { spec } = fn;
  const served = { revision: 'r1', codeSha256: CODE_SHA256, codeSize: 1, configuration: spec };
  return { ...fn, status: { state: 'Active', conditions: [], served } };
}

async function useBed(clock?: FakeClock): Promise<GatewayBed> {
  const bed = await startGatewayBed({
    functions: [aFunctionOfTheArchive()],
    ...(clock === undefined ? {} : { clock }),
    onFinished: onTestFinished,
  });
  await bed.codeUploads.put(ARCHIVE, NEVER);
  return bed;
}

async function locate(
  { gateway }: Pick<GatewayBed, 'gateway'>,
  headers: Record<string, string> = {},
): Promise<URL> {
  const answer = await fetch(`${gateway.url}/2015-03-31/functions/hello`, { headers });
  const { Code } = (await answer.json()) as { Code: { RepositoryType: string; Location: string } };
  if (Code.RepositoryType !== 'S3') throw new Error('another repository');
  return new URL(Code.Location);
}

async function expectRefusal(
  expect: ExpectStatic,
  location: URL,
  expected: { readonly status: number; readonly code: string; readonly message: RegExp },
): Promise<void> {
  const answer = await fetch(location);
  const { Message, message = Message } = (await answer.json()) as {
    message?: string;
    Message?: string;
  };
  expect(answer.status).toBe(expected.status);
  expect(answer.headers.get('x-amzn-errortype')).toBe(expected.code);
  expect(message).toMatch(expected.message);
}

/** Gives an archive of many pieces, and counts those that it is asked for. */
function serveEndless(codeUploads: FakeCodeUploads): { pieces: number; hasEnded: boolean } {
  const seen = { pieces: 0, hasEnded: false };
  const archive: ReadableArchive = {
    codeSize: 2000 * PIECE.length,
    async *read() {
      try {
        for (; seen.pieces < 2000; seen.pieces += 1) yield await Promise.resolve(PIECE);
      } finally {
        seen.hasEnded = true;
      }
    },
  };
  codeUploads.open = () => Promise.resolve(archive);
  return seen;
}

describe('Code.Location', () => {
  it('gives the archive of the function', async ({ expect }) => {
    const bed = await useBed();
    const location = await locate(bed);
    expect(location.origin).toBe(bed.gateway.url);
    const answer = await fetch(location);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect(answer.headers.get('content-length')).toBe(ARCHIVE.length.toString());
    expect(digestOf(await answer.bytes())).toBe(CODE_SHA256);
  });

  it('is where the caller has found the gateway', async ({ expect }) => {
    const bed = await useBed();
    const behindProxy = await locate(bed, { 'x-forwarded-proto': 'https, http' });
    expect(behindProxy.protocol).toBe('https:');
    const nonsense = await locate(bed, { 'x-forwarded-proto': 'gopher' });
    expect(nonsense.protocol).toBe('http:');
  });

  it('is refused when it was changed', async ({ expect }) => {
    const location = await locate(await useBed());
    const forged = { status: 403, code: 'InvalidSignatureException', message: /does not match/ };
    for (const change of [
      (url: URL) => {
        url.searchParams.delete('signature');
      },
      (url: URL) => {
        url.searchParams.append('signature', 'x');
      },
      (url: URL) => {
        url.searchParams.set('expires', '99999999999');
      },
      (url: URL) => {
        url.pathname = `/code/${'0'.repeat(64)}`;
      },
      (url: URL) => {
        url.pathname = '/code/..%2f..%2fetc%2fpasswd';
      },
    ]) {
      const changed = new URL(location);
      change(changed);
      await expectRefusal(expect, changed, forged);
    }
  });

  it('is refused after ten minutes', async ({ expect }) => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    const location = await locate(await useBed(clock));
    clock.step(599_000);
    expect((await fetch(location)).status).toBe(200);
    clock.step(2_000);
    const expired = {
      status: 403,
      code: 'AccessDeniedException',
      message: /^Request has expired$/,
    };
    await expectRefusal(expect, location, expired);
  });

  it('is missed when the archive is gone, and unavailable without a leader', async ({ expect }) => {
    const bed = await useBed();
    const location = await locate(bed);
    bed.codeUploads.isAvailable = false;
    const away = { status: 503, code: 'ServiceUnavailableException', message: /cannot be reached/ };
    await expectRefusal(expect, location, away);
    bed.codeUploads.isAvailable = true;
    bed.codeUploads.archives.clear();
    const gone = { status: 404, code: 'ResourceNotFoundException', message: /has no archive/ };
    await expectRefusal(expect, location, gone);
  });

  it('of one gateway is good at every other, also after the token has changed', async ({
    expect,
  }) => {
    const tokens = [['old'], ['new', 'old'], ['another']];
    const group = await GatewayGroup.start({
      functions: [aFunctionOfTheArchive()],
      size: 3,
      tokensOf: (index) => tokens[index] ?? [],
      onFinished: onTestFinished,
    });
    await group.codeUploads.put(ARCHIVE, NEVER);
    const [first, second, third] = group.all;
    if (first === undefined || second === undefined || third === undefined) throw new Error('few');
    const location = await locate(first);
    const statusAt = async ({ gateway }: Pick<GatewayBed, 'gateway'>): Promise<number> =>
      (await fetch(new URL(location.pathname + location.search, gateway.url))).status;
    expect(await Promise.all([first, second, third].map(statusAt))).toEqual([200, 200, 403]);
  });
});

describe('downloads', () => {
  it('are read no faster than the client reads, and end with it', async ({ expect }) => {
    const bed = await useBed();
    const location = await locate(bed);
    const seen = serveEndless(bed.codeUploads);
    const request = get(location);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    let last = -1;
    await eventually(() => {
      const isStill = seen.pieces === last && last > 0;
      last = seen.pieces;
      if (!isStill) throw new Error(`at piece ${last.toString()}`);
    });
    expect(seen.pieces).toBeLessThan(1000);
    answer.destroy();
    await eventually(() => {
      expect(seen.hasEnded).toBe(true);
    });
  });

  it('that break are no whole answer', async ({ expect }) => {
    const bed = await useBed();
    const location = await locate(bed);
    bed.codeUploads.open = () =>
      Promise.resolve({
        codeSize: 3 * PIECE.length,
        async *read() {
          yield await Promise.resolve(PIECE);
          throw new Error('the store is gone');
        },
      });
    const answer = await fetch(location);
    await expect(answer.bytes()).rejects.toThrow();
  });
});
