import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:net';
import { describe, it, onTestFinished } from 'vitest';
import { FakeClock, eventually } from '@mayfly/testkit';
import { answerWith, type AgentHandler } from '../testing/fake-agent.ts';
import {
  GatewayGroup,
  type GatewayGroupOptions,
  type GroupMember,
} from '../testing/gateway-group.ts';
import { aServedFunction } from '../testing/served-function.ts';

const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };

interface Pair {
  readonly group: GatewayGroup;
  readonly home: GroupMember;
  readonly other: GroupMember;
}

async function useGroup(options: Partial<GatewayGroupOptions> = {}): Promise<Pair> {
  const group = await GatewayGroup.start({
    functions: [aServedFunction({ spec: { url: { authType: 'NONE' } as never } })],
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
    ...options,
  });
  const { home, others } = group.ranked();
  const [other = home] = others;
  return { group, home, other };
}

function heldAgent(): { handler: AgentHandler; held: ServerResponse[] } {
  const held: ServerResponse[] = [];
  return { held, handler: (_request, response) => held.push(response) };
}

/** A port where connections are accepted and broken after the first bytes. */
async function useBreakingPort(): Promise<{ address: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.once('data', () => socket.destroy());
  });
  return { address: await listen(server), connections: () => connections };
}

/** A port where something answers that is no gateway, once it has read the request. */
async function useForeignPort(
  statusCode: number,
  headers: Record<string, string> = {},
): Promise<string> {
  const server = createHttpServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(statusCode, headers).end('upstream connect error');
    });
  });
  return listen(server);
}

async function listen(server: Server): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, '127.0.0.1', () => {
    resolve(undefined);
  });
  await promise;
  onTestFinished(() => {
    server.close();
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return `127.0.0.1:${port.toString()}`;
}

describe('an invocation at a gateway that is not the home', () => {
  it('is run by the home, with all that the caller said and gets', async ({ expect }) => {
    const { group, home, other } = await useGroup({
      agent: answerWith('{"errorType":"E"}', {
        'x-amz-log-result': 'bG9n',
        'x-amz-function-error': 'Unhandled',
      }),
    });
    const response = await other.invoke('hello', {
      body: '{"name":"Ada"}',
      headers: { 'x-amz-log-type': 'Tail', 'x-amz-client-context': 'e30=' },
    });
    expect([response.status, await response.text()]).toEqual([200, '{"errorType":"E"}']);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-amz-executed-version': '$LATEST',
      'x-amz-function-error': 'Unhandled',
      'x-amz-log-result': 'bG9n',
    });
    expect(group.agent.requests).toMatchObject([
      {
        body: '{"name":"Ada"}',
        headers: {
          'x-amz-log-type': 'Tail',
          'x-amz-client-context': 'e30=',
          'x-amzn-requestid': response.headers.get('x-amzn-requestid'),
          'x-amzn-trace-id': response.headers.get('x-amzn-trace-id'),
          'x-mayfly-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:hello',
        },
      },
    ]);
    expect(home.operator.of('demand').length).toBeGreaterThan(0);
    expect(other.operator.of('demand')).toEqual([]);
    expect(await other.registry.metrics()).toContain(
      'mayfly_gateway_forwarded_total{outcome="answered"} 1',
    );
  });

  it('comes through a function URL just so', async ({ expect }) => {
    const { home, other } = await useGroup({ agent: answerWith('{"statusCode":201,"body":"x"}') });
    const response = await fetch(`${other.gateway.url}/url/default/hello/a`, { method: 'POST' });
    expect([response.status, await response.text()]).toEqual([201, 'x']);
    expect(home.operator.of('demand').length).toBeGreaterThan(0);
  });

  it('carries megabytes both ways', async ({ expect }) => {
    const { other } = await useGroup({
      agent: (request, response) => response.writeHead(200).end(request.body),
    });
    const body = JSON.stringify('x'.repeat(5_000_000));
    expect((await (await other.invoke('hello', { body })).text()).length).toBe(body.length);
  });

  it('is refused as the home refuses it', async ({ expect }) => {
    const { home, other } = await useGroup({ grants: false });
    home.operator.onDemand = (key) => {
      home.operator.say({
        kind: 'outlook',
        key,
        coming: 0,
        refusal: 'ConcurrentInvocationLimitExceeded',
      });
    };
    const throttled = await other.invoke('hello');
    expect(throttled.status).toBe(429);
    expect(throttled.headers.get('x-amzn-errortype')).toBe('TooManyRequestsException');
    expect(await throttled.json()).toMatchObject({ Reason: 'ConcurrentInvocationLimitExceeded' });
    home.operator.say({ kind: 'lift', namespace: 'default', functionName: 'hello' });
    home.operator.onDemand = (key) => {
      home.operator.say({
        kind: 'unavailable',
        key,
        message: 'no such runtime',
        isTemporary: false,
      });
    };
    const unavailable = await other.invoke('hello');
    expect([unavailable.status, unavailable.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await unavailable.text()).toContain('no such runtime');
  });

  it('waits no longer than the queue allows', async ({ expect }) => {
    const clock = new FakeClock();
    const { home, other } = await useGroup({ grants: false, clock });
    const response = other.invoke('hello');
    await eventually(() => expect(home.operator.of('demand')).toHaveLength(1));
    clock.step(60_000);
    expect((await response).status).toBe(503);
  });

  it('leaves the queue of the home when its client goes', async ({ expect }) => {
    const { home, other } = await useGroup({ grants: false });
    const client = new AbortController();
    const response = other.invoke('hello', { signal: client.signal }).catch(() => 'aborted');
    await eventually(() => expect(home.operator.of('demand')).toHaveLength(1));
    client.abort();
    expect(await response).toBe('aborted');
    await eventually(() => expect(home.operator.of('demand').at(-1)).toMatchObject({ queued: 0 }));
  });

  it('runs to its end at the home when its client goes while it runs', async ({ expect }) => {
    const { handler, held } = heldAgent();
    const { home, other } = await useGroup({ agent: handler });
    const client = new AbortController();
    const response = other.invoke('hello', { signal: client.signal }).catch(() => 'aborted');
    await eventually(() => expect(held).toHaveLength(1));
    client.abort();
    await response;
    held[0]?.writeHead(200).end('1');
    await eventually(async () =>
      expect(await home.registry.metrics()).toContain('outcome="success"} 1'),
    );
    expect(home.operator.of('dead')).toEqual([]);
  });
});

describe('a home that is not there', () => {
  it('is replaced by the next in rank when it refuses the connection', async ({ expect }) => {
    const { group, home } = await useGroup({ size: 3 });
    const [second, third] = group.ranked().others;
    await home.gateway.destroy();
    expect((await third?.invoke('hello'))?.status).toBe(200);
    expect(second?.operator.of('demand').length).toBeGreaterThan(0);
    expect((await second?.invoke('hello'))?.status).toBe(200);
    expect(third?.operator.of('demand')).toEqual([]);
    expect(await third?.registry.metrics()).toContain('outcome="not_taken"} 1');
  });

  it('is answered for with 502 when it breaks after the first byte, and nobody runs it again', async ({
    expect,
  }) => {
    const { group, home, other } = await useGroup();
    const { address, connections } = await useBreakingPort();
    const gateways = [{ ...home.member, address }, other.member];
    other.operator.sayMembers(gateways);
    const response = await other.invoke('hello');
    expect(response.status).toBe(502);
    expect(response.headers.get('x-amzn-errortype')).toBe('BadGatewayException');
    expect([connections(), group.agent.requests.length]).toEqual([1, 0]);
  });

  // A proxy in between whose connection to the home broke while the function ran there.
  it.for([
    [503, {}],
    [401, {}],
    [200, {}],
    [503, { 'x-mayfly-outcome': 'refused' }],
  ] as const)(
    'is answered for with 502 when %i %o comes that no gateway says, and nobody runs it again',
    async ([statusCode, headers], { expect }) => {
      const { group, home, other } = await useGroup();
      const address = await useForeignPort(statusCode, headers);
      other.operator.sayMembers([{ ...home.member, address }, other.member]);
      const response = await other.invoke('hello', { body: '{}' });
      expect(response.status).toBe(502);
      expect(response.headers.get('x-amzn-errortype')).toBe('BadGatewayException');
      expect(group.agent.requests).toEqual([]);
      expect(await other.registry.metrics()).toContain('forwarded_total{outcome="broken"} 1');
    },
  );

  it('breaks what it ran when it dies, and the next call works', async ({ expect }) => {
    const { handler, held } = heldAgent();
    const { home, other } = await useGroup({ agent: handler });
    const broken = other.invoke('hello');
    await eventually(() => expect(held).toHaveLength(1));
    await home.gateway.destroy();
    expect((await broken).status).toBe(502);
    const next = other.invoke('hello');
    await eventually(() => expect(held).toHaveLength(2));
    held[1]?.writeHead(200).end('1');
    expect((await next).status).toBe(200);
  });

  it('does not let in who has another token, who then acts as home', async ({ expect }) => {
    const { home, other } = await useGroup({ tokensOf: (index) => [`token-${String(index)}`] });
    const body = JSON.stringify('x'.repeat(5_000_000));
    expect((await other.invoke('hello', { body })).status).toBe(200);
    expect(home.operator.of('demand')).toEqual([]);
    expect(other.operator.of('demand').length).toBeGreaterThan(0);
  });

  it('takes the old token while a new one spreads', async ({ expect }) => {
    const rotated: string[][] = [['old'], ['old']];
    const { home, other } = await useGroup({ tokensOf: (index) => rotated[index] ?? [] });
    rotated[0]?.unshift('new');
    expect((await other.invoke('hello')).status).toBe(200);
    rotated[1]?.unshift('new');
    expect((await other.invoke('hello')).status).toBe(200);
    expect([home, other].flatMap(({ operator }) => operator.of('demand')).length).toBeGreaterThan(
      0,
    );
  });
});

describe('gateways that disagree', () => {
  it('both act as home when both think that they are', async ({ expect }) => {
    const { home, other } = await useGroup();
    home.operator.sayMembers([home.member]);
    other.operator.sayMembers([other.member]);
    const answers = await Promise.all([home.invoke('hello'), other.invoke('hello')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(other.operator.of('demand').length).toBeGreaterThan(0);
  });

  it('never send an invocation in a circle', async ({ expect }) => {
    const { group, home, other } = await useGroup({ grants: false });
    // Each knows the other one only.
    home.operator.sayMembers([other.member]);
    other.operator.sayMembers([home.member]);
    const answers = Promise.all([home.invoke('hello'), other.invoke('hello')]);
    for (const { operator } of [home, other]) {
      await eventually(() => expect(operator.of('demand')).toMatchObject([{ queued: 1 }]));
      operator.grant(KEY, group.agent.address);
    }
    expect((await answers).map(({ status }) => status)).toEqual([200, 200]);
    for (const { registry } of [home, other]) {
      expect(await registry.metrics()).toMatch(/forwarded_duration_seconds_count 1\n/);
    }
  });

  it('go by what was said last while the operator is away', async ({ expect }) => {
    const { home, other } = await useGroup();
    await (await other.invoke('hello')).text();
    const said = other.operator.received.length;
    Object.assign(other.operator.link, { isOpen: false });
    expect((await other.invoke('hello')).status).toBe(200);
    expect([home.operator.of('demand').length > 0, other.operator.received.length]).toEqual([
      true,
      said,
    ]);
  });

  it('lose nothing while members come and go under load', async ({ expect }) => {
    const { group } = await useGroup({ size: 3 });
    const statuses: number[] = [];
    const caller = async (): Promise<void> => {
      for (let call = 0; call < 40; call += 1) {
        const gateway = group.all[call % 3];
        const response = await gateway?.invoke('hello');
        await response?.text();
        statuses.push(response?.status ?? 0);
        group.sayMembers(group.all.filter((_member, index) => index !== call % 4));
      }
    };
    await Promise.all(Array.from({ length: 10 }, caller));
    expect([statuses.length, new Set(statuses)]).toEqual([400, new Set([200])]);
  });
});

describe('a revision that one gateway has not seen', () => {
  it('is served by a home that lags behind, as the sender says', async ({ expect }) => {
    const { home, other } = await useGroup();
    other.store.put(aServedFunction({ revision: 'r2' }));
    expect((await other.invoke('hello')).status).toBe(200);
    expect(home.operator.of('demand')[0]?.key.revision).toBe('r2');
  });

  it('is served as its successor by a home that knows better', async ({ expect }) => {
    const { home, other } = await useGroup();
    home.store.put(aServedFunction({ revision: 'r2' }));
    expect((await other.invoke('hello')).status).toBe(200);
    expect(home.operator.of('demand')[0]?.key.revision).toBe('r2');
  });

  it('ends with 404 when the home knows that its function is gone', async ({ expect }) => {
    const { home, other } = await useGroup();
    home.store.remove(aServedFunction());
    expect((await other.invoke('hello')).status).toBe(404);
  });
});

describe('waiting invocations', () => {
  it('move to the new home when the members change', async ({ expect }) => {
    const { group, home, other } = await useGroup({ grants: false });
    group.sayMembers([other]);
    const waiting = Promise.all([other.invoke('hello'), other.invoke('hello')]);
    await eventually(() => expect(other.operator.of('demand').at(-1)).toMatchObject({ queued: 2 }));
    home.operator.onDemand = (key) => home.operator.grant(key, group.agent.address);
    group.sayMembers([home, other]);
    expect((await waiting).map(({ status }) => status)).toEqual([200, 200]);
    expect(other.operator.of('demand').at(-1)).toMatchObject({ queued: 0 });
  });

  it('are served by what the old home still has idle', async ({ expect }) => {
    const { group, home, other } = await useGroup({ grants: false });
    const id = other.operator.grant(KEY, group.agent.address);
    expect((await other.invoke('hello')).status).toBe(200);
    expect(home.operator.of('demand')).toEqual([]);
    other.operator.say({ kind: 'revoke', executionEnvironmentId: id });
    home.operator.grant(KEY, group.agent.address);
    expect((await other.invoke('hello')).status).toBe(200);
    expect(group.agent.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-of-ee-1',
      'Bearer token-of-ee-1',
    ]);
    expect(await other.registry.metrics()).toContain('outcome="answered"} 1');
  });
});

describe('the internal port', () => {
  it('answers nobody else', async ({ expect }) => {
    const { home } = await useGroup();
    const url = `http://${home.member.address}/internal/v1/invocations`;
    const authorization = 'Bearer shared';
    const statuses = [
      await fetch(url, { method: 'POST' }),
      await fetch(url, { method: 'POST', headers: { authorization: 'Bearer other' } }),
      await fetch(`${url}x`, { method: 'POST', headers: { authorization } }),
      await fetch(url, { method: 'POST', headers: { authorization } }),
      await fetch(`${home.gateway.url}/internal/v1/invocations`, { method: 'POST' }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 404, 400, 404]);
  });
});

describe('readiness', () => {
  it('comes with the first word on who is there, and is in the hello', async ({ expect }) => {
    const { group } = await useGroup({ grants: false });
    const fresh = await group.add();
    expect(fresh.gateway.isReady).toBe(false);
    expect(fresh.operator.hellos).toEqual([
      { ...fresh.member, isDraining: false, holding: [], demands: [], spread: [] },
    ]);
    fresh.operator.sayMembers([fresh.member]);
    expect(fresh.gateway.isReady).toBe(true);
    const response = fresh.invoke('hello');
    await eventually(() => expect(fresh.operator.of('demand')).toHaveLength(1));
    fresh.operator.connect();
    expect(fresh.operator.hellos[1]?.demands).toEqual([{ key: KEY, queued: 1 }]);
    fresh.operator.grant(KEY, group.agent.address);
    expect((await response).status).toBe(200);
  });
});
