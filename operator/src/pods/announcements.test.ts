import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, onTestFinished } from 'vitest';
import { makeAgentToken } from './agent-token.ts';
import { buildAnnouncements, type PodAnnouncement } from './announcements.ts';
import { KEY } from './testing/fake-cluster.ts';

const REF = { namespace: 'default', name: 'hello-1' };
const WAITING = {
  kind: 'waiting',
  executionEnvironmentId: 'ee',
  namespace: REF.namespace,
  podName: REF.name,
  host: '10.0.0.1',
  port: 8080,
};

async function useEndpoint(): Promise<{
  readonly taken: readonly PodAnnouncement[];
  post(body: unknown, token?: string): Promise<number>;
}> {
  const taken: PodAnnouncement[] = [];
  const take = buildAnnouncements({
    clusterKey: KEY,
    take: (announcement) => {
      taken.push(announcement);
      return 'taken';
    },
  });
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    taken,
    post: async (body, token = makeAgentToken(KEY, REF)) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      return answer.status;
    },
  };
}

describe('the endpoint of announcements', () => {
  it('takes what an agent says, by its token', async ({ expect }) => {
    const { post, taken } = await useEndpoint();
    expect(await post({ ...WAITING, host: 'fd00::1' })).toBe(204);
    expect(await post(WAITING, 'guessed')).toBe(401);
    expect(taken).toMatchObject([
      { ref: REF, host: 'fd00::1', sender: '127.0.0.1', announcement: { port: 8080 } },
    ]);
  });

  it.for([
    { host: 'prometheus.monitoring/-/quit?' },
    { host: 'localhost' },
    { host: '' },
    { host: '10.0.0.1:9090/' },
    { port: 9090 },
    { port: '8080' },
  ])('refuses what is no address of an agent: %j', async (part, { expect }) => {
    const { post, taken } = await useEndpoint();
    expect(await post({ ...WAITING, ...part })).toBe(400);
    expect(taken).toEqual([]);
  });
});
