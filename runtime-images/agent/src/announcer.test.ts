import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { buildAnnouncer, type Announcer } from './announcer.ts';

const TAKEN = 204;
const LATER = 503;

interface Platform {
  readonly url: string;
  readonly server: Server;
  readonly heard: unknown[];
  connections: number;
  /** What it answers. */
  statusCode: number;
}

async function usePlatform(): Promise<Platform> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      platform.heard.push(JSON.parse(body));
      response.writeHead(platform.statusCode).end();
    });
  });
  const platform: Platform = { url: '', server, heard: [], connections: 0, statusCode: TAKEN };
  server.on('connection', () => (platform.connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(platform, { url: `http://127.0.0.1:${port.toString()}/announcements` });
}

function useAnnouncer(url: string): Announcer {
  const announcer = buildAnnouncer({
    url,
    token: 'secret',
    origin: {},
    onRefused: () => undefined,
  });
  onTestFinished(() => {
    announcer.close();
  });
  return announcer;
}

const WAITING = { kind: 'waiting', executionEnvironmentId: 'a', port: 1 } as const;

describe('the announcer', () => {
  it('says a thing over the connection that it has opened ahead', async ({ expect }) => {
    const platform = await usePlatform();
    const announcer = useAnnouncer(platform.url);
    announcer.prepare();
    await eventually(() => {
      expect(platform.connections).toBe(1);
    });
    await announcer.announce(WAITING);
    expect(platform.heard).toEqual([WAITING]);
    expect(platform.connections).toBe(1);
  });

  it('opens another for the next', async ({ expect }) => {
    const platform = await usePlatform();
    const announcer = useAnnouncer(platform.url);
    announcer.prepare();
    await announcer.announce(WAITING);
    await announcer.announce(WAITING);
    expect(platform.heard).toHaveLength(2);
    expect(platform.connections).toBe(2);
  });

  it('keeps the last one of those that were opened ahead', async ({ expect }) => {
    const platform = await usePlatform();
    const announcer = useAnnouncer(platform.url);
    for (const opened of [1, 2]) {
      announcer.prepare();
      await eventually(() => {
        expect(platform.connections).toBe(opened);
      });
    }
    await announcer.announce(WAITING);
    expect(platform.heard).toEqual([WAITING]);
    expect(platform.connections).toBe(2);
  });

  it('says nothing again that is over, and then what comes after it', async ({ expect }) => {
    const platform = await usePlatform();
    platform.statusCode = LATER;
    const announcer = useAnnouncer(platform.url);
    let isOver = false;
    const saying = announcer.announce(WAITING, () => isOver);
    await eventually(() => {
      expect(platform.heard).toEqual([WAITING]);
    });
    isOver = true;
    platform.statusCode = TAKEN;
    await saying;
    const failed = { kind: 'failed', executionEnvironmentId: 'a', message: 'no' } as const;
    await announcer.announce(failed);
    expect(platform.heard).toEqual([WAITING, failed]);
  });

  it('does without when the one that was opened ahead is closed', async ({ expect }) => {
    const platform = await usePlatform();
    const announcer = useAnnouncer(platform.url);
    const connected = once(platform.server, 'connection');
    announcer.prepare();
    await connected;
    platform.server.closeAllConnections();
    await announcer.announce(WAITING);
    expect(platform.heard).toEqual([WAITING]);
  });
});
