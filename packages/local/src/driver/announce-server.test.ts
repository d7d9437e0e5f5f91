import type { AgentAnnouncement } from '@mayfly/core';
import { describe, it, onTestFinished } from 'vitest';
import { AnnounceServer } from './announce-server.ts';

const WAITING = { kind: 'waiting', executionEnvironmentId: 'ee', port: 1234 };

async function useServer(): Promise<{
  readonly heard: AgentAnnouncement[];
  post(body: string, token?: string, method?: string): Promise<number>;
}> {
  const heard: AgentAnnouncement[] = [];
  const server = new AnnounceServer({
    tokenOf: (id) => (id === 'ee' ? 'secret' : undefined),
    onAnnouncement: (announcement) => heard.push(announcement),
  });
  const url = await server.listen();
  onTestFinished(() => server.close());
  return {
    heard,
    post: async (body, token = 'secret', method = 'POST') => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(url, { method, headers, body })).status;
    },
  };
}

describe('the announce server', () => {
  it('takes announcements of agents that it knows', async ({ expect }) => {
    const { post, heard } = await useServer();
    const ready = {
      kind: 'ready',
      executionEnvironmentId: 'ee',
      initDurationMs: 1.5,
      initOutcome: 'timeout',
    };
    expect(await post(JSON.stringify(WAITING))).toBe(204);
    expect(await post(JSON.stringify(ready))).toBe(204);
    expect(heard).toEqual([WAITING, ready]);
  });

  it.for([
    ['a wrong token', 401, JSON.stringify(WAITING), 'guess'],
    [
      'an unknown agent',
      401,
      JSON.stringify({ ...WAITING, executionEnvironmentId: 'x' }),
      'secret',
    ],
    ['no JSON', 400, '{', 'secret'],
    ['JSON that is no object', 400, 'null', 'secret'],
    ['an unknown kind', 400, JSON.stringify({ ...WAITING, kind: 'gone' }), 'secret'],
    ['a port that is none', 400, JSON.stringify({ ...WAITING, port: '80' }), 'secret'],
    ['too much', 413, 'x'.repeat(5000), 'secret'],
  ] as const)('refuses %s', async ([, statusCode, body, token], { expect }) => {
    const { post, heard } = await useServer();
    expect(await post(body, token)).toBe(statusCode);
    expect(await post('', 'secret', 'PUT')).toBe(405);
    expect(heard).toEqual([]);
  });
});
