import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { AssignedCode } from '@mayfly/core';
import { makeRawZip } from '@mayfly/code/testing';
import { describe, it, onTestFinished } from 'vitest';
import { useDirectory } from './fixtures/agent-fixture.ts';
import { prepareCode } from './prepare-code.ts';

// One file, index.js, that holds `x` and that only its owner may read (made by Python's zipfile).
const ARCHIVE = Buffer.from(
  'UEsDBBQAAAAAABg4dV2DFtyMAQAAAAEAAAAIAAAAaW5kZXguanN4UEsBAhQDFAAAAAAAGDh1XYMW3IwBAAAAAQAAAAgAAAAAAAAAAAAAAIABAAAAAGluZGV4LmpzUEsFBgAAAAABAAEANgAAACcAAAAAAA==',
  'base64',
);

interface CodeServer {
  readonly origin: string;
  readonly authorizations: (string | undefined)[];
}

/** Answers with the given statuses, then with the archive. */
async function useCodeServer(statuses: number[]): Promise<CodeServer> {
  const authorizations: (string | undefined)[] = [];
  const origin = await useServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.writeHead(statuses.shift() ?? 200, { location: '/elsewhere' }).end(ARCHIVE);
  });
  return { origin, authorizations };
}

async function useServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port.toString()}`;
}

function makeCode(
  source: AssignedCode['source'],
  overrides: Partial<AssignedCode> = {},
): AssignedCode {
  const codeSha256 = createHash('sha256').update(ARCHIVE).digest('base64');
  return { codeSha256, codeSize: ARCHIVE.length, source, ...overrides };
}

const { signal } = new AbortController();

describe('prepareCode', () => {
  it('tries again, and leaves files that everybody can read and only the owner write', async ({
    expect,
  }) => {
    const { origin, authorizations } = await useCodeServer([503, 500]);
    const options = { taskRoot: useDirectory(), token: 't', trustedOrigin: origin };
    await prepareCode(makeCode({ kind: 'url', url: `${origin}/a` }), options, signal);
    const path = join(options.taskRoot, 'index.js');
    expect(readFileSync(path, 'utf8')).toBe('x');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(authorizations).toStrictEqual(['Bearer t', 'Bearer t', 'Bearer t']);
  });

  it('tells no token to strangers and follows no redirect', async ({ expect }) => {
    const { origin, authorizations } = await useCodeServer([302]);
    const options = { taskRoot: useDirectory(), token: 't', trustedOrigin: 'http://other' };
    const code = makeCode({ kind: 'url', url: origin });
    await expect(prepareCode(code, options, signal)).rejects.toThrow('the server answered 302');
    expect(authorizations).toStrictEqual([undefined]);
  });

  it('says how long it took', async ({ expect }) => {
    const options = { taskRoot: useDirectory(), token: 't', trustedOrigin: undefined };
    const took = await prepareCode(
      makeCode({ kind: 'attached', archive: ARCHIVE }),
      options,
      signal,
    );
    expect(Object.keys(took)).toStrictEqual(['downloadMs', 'unpackMs']);
    expect(took.unpackMs).toBeGreaterThan(0);
    expect(readdirSync(options.taskRoot)).toStrictEqual(['index.js']);
  });

  it('merges layers one after the other, and counts all together', async ({ expect }) => {
    const layer = (content: string, name = 'lib/a.txt'): AssignedCode => {
      const archive = makeRawZip([{ name, content }]);
      const codeSha256 = createHash('sha256').update(archive).digest('base64');
      const source = { kind: 'attached', archive } as const;
      return { codeSha256, codeSize: archive.length, source };
    };
    const layersRoot = useDirectory();
    const token = { token: 't', trustedOrigin: undefined };
    const options = { ...token, taskRoot: useDirectory(), layersRoot };
    const code = makeCode({ kind: 'attached', archive: ARCHIVE });
    const layers = [layer('first'), layer('both', 'lib/b.txt'), layer('last')];
    await prepareCode(code, { ...options, layers }, signal);
    const read = (name: string): string => readFileSync(join(layersRoot, 'lib', name), 'utf8');
    expect([read('a.txt'), read('b.txt')]).toStrictEqual(['last', 'both']);
    expect(readdirSync(layersRoot)).toStrictEqual(['lib']);

    const large = layer('x'.repeat(126 * 1024 * 1024));
    const other = { ...token, taskRoot: useDirectory(), layersRoot: useDirectory() };
    await expect(prepareCode(large, { ...other, layers: [large] }, signal)).rejects.toThrow('MB');
  });

  it.for([
    ['goes on where it was when the connection breaks', { knowsRanges: true, stalls: false }],
    ['goes on where it was when nothing comes any more', { knowsRanges: true, stalls: true }],
    ['begins again where ranges are not known', { knowsRanges: false, stalls: false }],
  ] as const)('%s', async ([, { knowsRanges, stalls }], { expect }) => {
    const ranges: (string | undefined)[] = [];
    const origin = await useServer((request, response) => {
      const { range } = request.headers;
      ranges.push(range);
      const from = knowsRanges && range !== undefined ? 20 : 0;
      response.writeHead(from === 0 ? 200 : 206, { 'content-length': ARCHIVE.length - from });
      if (ranges.length > 1) response.end(ARCHIVE.subarray(from));
      else {
        response.write(ARCHIVE.subarray(0, 20), () => {
          if (!stalls) response.destroy();
        });
      }
    });
    const options = { taskRoot: useDirectory(), token: 't', trustedOrigin: origin, silenceMs: 100 };
    await prepareCode(makeCode({ kind: 'url', url: origin }), options, signal);
    expect(ranges).toStrictEqual([undefined, 'bytes=20-']);
    expect(readFileSync(join(options.taskRoot, 'index.js'), 'utf8')).toBe('x');
  });

  it.for([
    ['longer', Buffer.concat([ARCHIVE, Buffer.from('x')]), 'longer than announced'],
    ['another', Buffer.from(ARCHIVE).fill(0), 'its checksum differs'],
  ] as const)('leaves nothing of a file that is %s', async ([, body, text], { expect }) => {
    const origin = await useServer((_request, response) => response.end(body));
    const options = { taskRoot: useDirectory(), token: 't', trustedOrigin: origin };
    const preparing = prepareCode(makeCode({ kind: 'url', url: origin }), options, signal);
    await expect(preparing).rejects.toThrow(text);
    expect(readdirSync(options.taskRoot)).toStrictEqual([]);
  });

  it.for([
    [{ codeSha256: 'other' }, 'its checksum differs'],
    [{ codeSize: 5 }, 'its checksum differs'],
  ] as const)('refuses an archive that is another: %o', async ([overrides, text], { expect }) => {
    const options = { taskRoot: useDirectory(), token: 't', trustedOrigin: undefined };
    const code = makeCode({ kind: 'attached', archive: ARCHIVE }, overrides);
    await expect(prepareCode(code, options, signal)).rejects.toThrow(text);
  });
});
