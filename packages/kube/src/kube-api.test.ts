import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { answerWith, refuseWith, useApiServer, type Answer } from './testing/api-server.ts';

const GET = { method: 'GET', path: '/api/v1/things' } as const;

describe('a call', () => {
  it('sends what it is given and answers what the API server says', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith({ kind: 'Thing' });
    const query = { fieldManager: 'us & them', absent: undefined };
    const request = { method: 'POST', path: '/api/v1/things', query, body: { a: 'ä' } } as const;
    expect(await server.api.call(request)).toEqual({ kind: 'Thing' });
    expect(server.requests).toEqual([
      {
        method: 'POST',
        path: '/api/v1/things',
        query: { fieldManager: 'us & them' },
        contentType: 'application/json',
        body: { a: 'ä' },
      },
    ]);
  });

  it.for([
    ['apply', 'application/apply-patch+yaml'],
    ['merge', 'application/merge-patch+json'],
    ['strategic', 'application/strategic-merge-patch+json'],
  ] as const)('names the type of a patch: %s', async ([patch, type], { expect }) => {
    const server = await useApiServer();
    server.answer = answerWith({});
    await server.api.call({ method: 'PATCH', path: '/x', patch, body: {} });
    expect(server.requests[0]?.contentType).toBe(type);
  });

  it('answers nothing with nothing', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = (response) => void response.writeHead(204).end();
    expect(await server.api.call(GET)).toBeUndefined();
  });

  it('throws a refusal in its own words', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(403, 'Forbidden', 'you may not');
    await expect(server.api.call(GET)).rejects.toMatchObject({
      name: 'KubeError',
      status: 403,
      reason: 'Forbidden',
      message: 'you may not',
    });
  });

  it('keeps its connection for those that follow', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith({});
    let most = 0;
    for (let i = 0; i < 20; i += 1) {
      await server.api.call(GET);
      most = Math.max(most, server.countConnections());
    }
    // One that is about to be free is not waited for.
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe('a call without an answer', () => {
  it.for([
    ['that never begins', () => undefined],
    [
      'that stops in its middle',
      (response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{');
      },
    ],
  ] satisfies [string, Answer][])('%s has a deadline', async ([, answer], { expect }) => {
    const server = await useApiServer({ callMs: 100 });
    server.answer = answer;
    await expect(server.api.call(GET)).rejects.toMatchObject({
      name: 'KubeUnreachableError',
      cause: { name: 'TimeoutError' },
    });
    await eventually(() => {
      expect(server.countConnections()).toBe(0);
    });
  });

  it.for([
    ['is cut', (response) => void response.socket?.destroy()],
    ['is cut in its middle', (response) => void response.write('{', () => response.destroy())],
    ['is no JSON', (response) => void response.end('<html>')],
  ] satisfies [string, Answer][])('because it %s says so', async ([, answer], { expect }) => {
    const server = await useApiServer();
    server.answer = answer;
    await expect(server.api.call(GET)).rejects.toMatchObject({ name: 'KubeUnreachableError' });
  });

  it('ends when its caller gives up', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = () => undefined;
    const giveUp = new AbortController();
    const calling = server.api.call({ ...GET, signal: giveUp.signal });
    await eventually(() => {
      expect(server.requests).toHaveLength(1);
    });
    giveUp.abort();
    await expect(calling).rejects.toMatchObject({ cause: { name: 'AbortError' } });
  });
});

describe('finding', () => {
  it('answers undefined for what is not there', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(404, 'NotFound');
    expect(await server.api.find(GET)).toBeUndefined();
  });

  it.for([
    ['another refusal', refuseWith(403, 'Forbidden')],
    // No kind of that name, or no API server: nothing is known of the object.
    ['a 404 that is not of the object', (response) => void response.writeHead(404).end('nothing')],
  ] satisfies [string, Answer][])('throws %s', async ([, answer], { expect }) => {
    const server = await useApiServer();
    server.answer = answer;
    await expect(server.api.find(GET)).rejects.toMatchObject({ name: 'KubeError' });
  });
});
