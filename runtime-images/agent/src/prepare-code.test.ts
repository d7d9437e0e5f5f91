import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { AssignedCode } from '@mayfly/core';
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
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.writeHead(statuses.shift() ?? 200, { location: '/elsewhere' }).end(ARCHIVE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port.toString()}`, authorizations };
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

  it.for([
    [{ codeSha256: 'other' }, 'its checksum differs'],
    [{ codeSize: 5 }, 'its checksum differs'],
  ] as const)('refuses an archive that is another: %o', async ([overrides, text], { expect }) => {
    const options = { taskRoot: useDirectory(), token: 't', trustedOrigin: undefined };
    const archiveBase64 = ARCHIVE.toString('base64');
    const code = makeCode({ kind: 'inline', archiveBase64 }, overrides);
    await expect(prepareCode(code, options, signal)).rejects.toThrow(text);
  });
});
