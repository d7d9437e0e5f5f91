import { once } from 'node:events';
import { Agent, request as httpRequest, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, it, onTestFinished } from 'vitest';
import { FakeClock, eventually } from '@mayfly/testkit';
import type { AgentHandler } from './testing/fake-agent.ts';
import {
  GatewayGroup,
  type GatewayGroupOptions,
  type GroupMember,
} from './testing/gateway-group.ts';
import { aServedFunction } from './testing/served-function.ts';
import { startTcpBalancer } from './testing/tcp-balancer.ts';

const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };
const PATH = '/2015-03-31/functions/hello/invocations';

async function useGroup(options: Partial<GatewayGroupOptions> = {}): Promise<{
  readonly group: GatewayGroup;
  readonly home: GroupMember;
  readonly other: GroupMember;
}> {
  const group = await GatewayGroup.start({
    functions: [aServedFunction()],
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
    ...options,
  });
  const { home, others } = group.ranked();
  const [other = home] = others;
  return { group, home, other };
}

/** Calls without a retry over one kept-alive connection; answers the status, 0 for a broken connection. */
function callOver(agent: Agent, port: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const request = httpRequest({ agent, port, host: '127.0.0.1', path: PATH, method: 'POST' });
  request.on('response', (response) => {
    response.resume();
    response.on('end', () => {
      resolve(response.statusCode ?? 0);
    });
    response.on('error', () => {
      resolve(0);
    });
  });
  request.on('error', () => {
    resolve(0);
  });
  request.end('{}');
  return promise;
}

// Two hundred clients in one process with three gateways: on a busy machine that takes its time.
const PATIENT = { timeoutMs: 30_000 };

describe('a gateway that drains', () => {
  it('says so, is not ready, and asks every client to come back over a new connection', async ({
    expect,
  }) => {
    const clock = new FakeClock();
    const { home } = await useGroup({ clock, config: { drainDelayMs: 8000 } });
    await (await home.invoke('hello')).text();
    const closed = home.gateway.close();
    expect(home.operator.of('draining')).toHaveLength(1);
    expect(home.gateway.isReady).toBe(false);
    home.operator.connect();
    expect(home.operator.hellos.at(-1)?.isDraining).toBe(true);
    const response = await home.invoke('hello');
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    const unknown = await home.invoke('nobody');
    expect([unknown.status, unknown.headers.get('connection')]).toEqual([404, 'close']);
    clock.step(8000);
    await closed;
    expect(home.operator.isClosed).toBe(true);
    await expect(home.invoke('hello')).rejects.toThrow();
  });

  it('serves with what it still has and sends on the rest, and what waits', async ({ expect }) => {
    const clock = new FakeClock();
    const { group, home, other } = await useGroup({
      clock,
      grants: false,
      config: { drainDelayMs: 8000 },
    });
    const waiting = home.invoke('hello');
    await eventually(() => expect(home.operator.of('demand')).toHaveLength(1));
    other.operator.onDemand = (key) => other.operator.grant(key, group.agent.address);
    const closed = home.gateway.close();
    expect((await waiting).status).toBe(200);
    const id = home.operator.grant(KEY, group.agent.address);
    expect((await home.invoke('hello')).status).toBe(200);
    expect(await other.registry.metrics()).toContain('outcome="success"} 1');
    home.operator.say({ kind: 'revoke', executionEnvironmentId: id });
    expect((await home.invoke('hello')).status).toBe(200);
    expect(await other.registry.metrics()).toContain('outcome="success"} 2');
    clock.step(8000);
    await closed;
  });

  it('is left by those who have not heard of it, and by what they have waiting here', async ({
    expect,
  }) => {
    const clock = new FakeClock();
    const { group, home, other } = await useGroup({
      clock,
      grants: false,
      config: { drainDelayMs: 8000 },
    });
    other.operator.onDemand = (key) => other.operator.grant(key, group.agent.address);
    const waiting = other.invoke('hello');
    await eventually(() => expect(home.operator.of('demand')).toHaveLength(1));
    const closed = home.gateway.close();
    expect((await waiting).status).toBe(200);
    for (const [index] of group.all.entries()) {
      expect((await group.all[index]?.invoke('hello'))?.status).toBe(200);
    }
    expect(home.operator.of('demand').at(-1)).toMatchObject({ queued: 0 });
    clock.step(8000);
    await closed;
  });

  it('finishes what runs here, also for others', async ({ expect }) => {
    const held: ServerResponse[] = [];
    const handler: AgentHandler = (_request, response) => held.push(response);
    const { home, other } = await useGroup({ agent: handler });
    const answers = Promise.all([home.invoke('hello'), other.invoke('hello')]);
    await eventually(() => expect(held).toHaveLength(2));
    const closed = home.gateway.close();
    for (const response of held) response.writeHead(200).end('1');
    expect((await answers).map(({ status }) => status)).toEqual([200, 200]);
    await closed;
  });

  it('is overtaken by destroy while it waits', async ({ expect }) => {
    const { home } = await useGroup({ clock: new FakeClock(), config: { drainDelayMs: 8000 } });
    const closed = home.gateway.close();
    await home.gateway.destroy();
    await closed;
    await expect(home.invoke('hello')).rejects.toThrow();
  });

  it('closes connections that nobody uses any more, at the end', async ({ expect }) => {
    const { home } = await useGroup({ config: { drainDelayMs: 100 } });
    const agent = new Agent({ keepAlive: true });
    expect(await callOver(agent, home.gateway.port)).toBe(200);
    const silent = connect(home.gateway.port, '127.0.0.1');
    const ended = Promise.withResolvers<undefined>();
    silent.on('close', () => {
      ended.resolve(undefined);
    });
    silent.resume();
    await once(silent, 'connect');
    await home.gateway.close();
    await ended.promise;
    agent.destroy();
  });

  it('fails no call of 200 kept-alive clients that never try again', async ({ expect }) => {
    const { group, home, other } = await useGroup({ config: { drainDelayMs: 2000 } });
    const balancer = await startTcpBalancer(() =>
      group.all.map(({ gateway }) => ({ port: gateway.port, isReady: gateway.isReady })),
    );
    onTestFinished(() => {
      balancer.close();
    });
    const statuses = new Map<number, number>();
    let isOver = false;
    const client = async (): Promise<void> => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      while (!isOver) {
        const status = await callOver(agent, balancer.port);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      agent.destroy();
    };
    const clients = Array.from({ length: 200 }, client);
    await eventually(() => expect(statuses.get(200) ?? 0).toBeGreaterThan(400), PATIENT);
    const fresh = await group.add();
    group.sayMembers(group.all);
    await eventually(() => expect(fresh.gateway.isReady).toBe(true));
    const closed = home.gateway.close();
    group.sayMembers([other, fresh]);
    await closed;
    const before = statuses.get(200) ?? 0;
    await eventually(() => expect(statuses.get(200) ?? 0).toBeGreaterThan(before + 400), PATIENT);
    isOver = true;
    await Promise.all(clients);
    expect([...statuses.keys()]).toEqual([200]);
  });
});
