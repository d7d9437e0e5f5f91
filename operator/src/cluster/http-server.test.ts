import { makeLogger } from '@mayfly/telemetry';
import { describe, it, onTestFinished } from 'vitest';
import { AgentHttpServer } from './http-server.ts';

const ARCHIVE = Buffer.from('0123456789');

async function useServer(): Promise<string> {
  const server = new AgentHttpServer({
    announcements: () => Promise.resolve(),
    serveCode: (path) =>
      Promise.resolve(
        path.includes('unknown')
          ? undefined
          : {
              codeSize: ARCHIVE.length,
              async *read(_signal, start = 0) {
                yield await Promise.resolve(ARCHIVE.subarray(start));
              },
            },
      ),
    logger: makeLogger({ level: 'silent' }),
  });
  const port = await server.listen('127.0.0.1', 0);
  onTestFinished(() => server.close());
  return `http://127.0.0.1:${port.toString()}/code/a.zip`;
}

describe('code for agents', () => {
  it.for([
    [undefined, 200, '0123456789', null],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=0-', 200, '0123456789', null],
    ['bytes=10-', 200, '0123456789', null],
    ['bytes=-3', 200, '0123456789', null],
    ['bytes=1-2', 200, '0123456789', null],
    ['lines=1-', 200, '0123456789', null],
  ] as const)('is sent for the range %s', async ([range, status, body, shown], { expect }) => {
    const response = await fetch(await useServer(), {
      headers: range === undefined ? {} : { range },
    });
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect(response.headers.get('content-range')).toBe(shown);
    expect(response.headers.get('content-length')).toBe(body.length.toString());
  });

  it('is refused to who cannot name it', async ({ expect }) => {
    const url = await useServer();
    expect((await fetch(url.replace('a.zip', 'unknown.zip'))).status).toBe(403);
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
  });
});
