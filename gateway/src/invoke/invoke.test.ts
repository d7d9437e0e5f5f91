import { request as httpRequest, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { describe, it, onTestFinished } from 'vitest';
import { DEFAULT_CONFIG } from '../config.ts';
import { FakeClock, eventually } from '@mayfly/testkit';
import { systemClock } from '@mayfly/telemetry';
import { answerWith, startFakeAgent, type AgentHandler } from '../testing/fake-agent.ts';
import {
  startGatewayBed,
  type GatewayBed,
  type GatewayBedOptions,
} from '../testing/gateway-bed.ts';
import { startLosablePort, startUnansweringPort } from '../testing/unanswering-port.ts';
import { anAlias, aVersion } from '../testing/qualified.ts';
import { aServedFunction } from '../testing/served-function.ts';

const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };

function useBed(options: Partial<GatewayBedOptions> = {}): Promise<GatewayBed> {
  return startGatewayBed({
    functions: [aServedFunction()],
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
    ...options,
  });
}

/** Agents that answer when they are told to. */
function heldAgent(): { handler: AgentHandler; held: ServerResponse[] } {
  const held: ServerResponse[] = [];
  return { held, handler: (_request, response) => held.push(response) };
}

function canConnect(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.on('connect', () => {
    resolve(true);
    socket.destroy();
  });
  socket.on('error', () => {
    resolve(false);
  });
  return promise;
}

describe('an invocation', () => {
  it('waits for the first execution environment and is answered by it', async ({ expect }) => {
    const bed = await useBed({
      agent: answerWith('{"ok":true}', {
        'x-amz-log-result': 'bG9n',
        'x-mayfly-init-duration-ms': '5',
      }),
    });
    const response = await bed.invoke('hello', {
      body: '{"name":"Ada"}',
      headers: { 'x-amz-log-type': 'Tail', 'x-amz-client-context': 'e30=' },
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{"ok":true}');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
      'x-amz-log-result': 'bG9n',
      'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-amzn-trace-id': expect.stringMatching(
        /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
      ),
    });
    expect(bed.agent.requests).toMatchObject([
      {
        path: '/2015-03-31/functions/function/invocations',
        body: '{"name":"Ada"}',
        headers: {
          authorization: 'Bearer token-of-ee-1',
          'x-amz-log-type': 'Tail',
          'x-amz-client-context': 'e30=',
          'x-amzn-requestid': response.headers.get('x-amzn-requestid'),
          'x-mayfly-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:hello',
        },
      },
    ]);
  });

  it('reuses the execution environment and its connection', async ({ expect }) => {
    const bed = await useBed();
    for (let call = 0; call < 5; call += 1) await (await bed.invoke('hello')).text();
    expect(bed.operator.of('demand').filter(({ queued }) => queued > 0)).toHaveLength(1);
    expect(bed.agent.requests.map(({ body }) => body)).toEqual(Array(5).fill('{}'));
  });

  it('carries the error of a function with status 200', async ({ expect }) => {
    const bed = await useBed({
      agent: answerWith('{"errorType":"Error"}', { 'x-amz-function-error': 'Unhandled' }),
    });
    const response = await bed.invoke('hello');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(await response.json()).toEqual({ errorType: 'Error' });
  });

  it('gives 20 calls at once 20 execution environments', async ({ expect }) => {
    const { handler, held } = heldAgent();
    const bed = await useBed({ agent: handler, grants: false });
    let granted = 0;
    bed.operator.onDemand = (key) => {
      for (; granted < 20; granted += 1) {
        systemClock.after(1, () => bed.operator.grant(key, bed.agent.address));
      }
    };
    const answers = Array.from({ length: 20 }, () => bed.invoke('hello'));
    await eventually(() => expect(held).toHaveLength(20));
    for (const response of held) answerWith('1')(bed.agent.requests[0] as never, response);
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses).toEqual(Array(20).fill(200));
  });

  it('goes to another one when a connection is refused, and says that one is dead', async ({
    expect,
  }) => {
    const bed = await useBed({ grants: false });
    const dead = await startFakeAgent(answerWith('never'));
    await dead.kill();
    bed.operator.grant(KEY, bed.agent.address);
    bed.operator.grant(KEY, dead.address);
    const response = await bed.invoke('hello');
    expect(await response.json()).toEqual({ message: 'hi' });
    expect(bed.operator.of('dead')).toMatchObject([{ executionEnvironmentId: 'ee-2' }]);
  });

  it('breaks in seconds when the machine of its execution environment is lost under it', async ({
    expect,
  }) => {
    const bed = await useBed({ grants: false });
    const asked = Promise.withResolvers<undefined>();
    const machine = await startLosablePort(() => {
      asked.resolve(undefined);
    });
    onTestFinished(() => machine.close());
    bed.operator.grant(KEY, machine.address);
    const running = bed.invoke('hello');
    await asked.promise;
    await machine.lose();
    const response = await running;
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('ended before it had answered');
    expect(bed.operator.of('dead')).toMatchObject([{ executionEnvironmentId: 'ee-1' }]);
  });

  it('leaves one alone that runs an invocation of somebody else, and goes to another one', async ({
    expect,
  }) => {
    const bed = await useBed({ grants: false });
    const busy = await startFakeAgent((_request, response) => {
      response.writeHead(409, { 'x-mayfly-agent-error': 'Agent.Busy' }).end('{}');
    });
    onTestFinished(() => busy.kill());
    bed.operator.grant(KEY, bed.agent.address);
    const occupied = bed.operator.grant(KEY, busy.address);
    expect((await bed.invoke('hello')).status).toBe(200);
    expect((await bed.invoke('hello')).status).toBe(200);
    expect(bed.operator.of('occupied')).toMatchObject([{ executionEnvironmentId: occupied }]);
    expect([bed.operator.of('dead'), busy.requests.length]).toEqual([[], 1]);
  });

  it('finds the connection of a lost one broken before the next invocation does', async ({
    expect,
  }) => {
    const bed = await useBed({ grants: false });
    const lost = await startFakeAgent(answerWith('1'));
    bed.operator.grant(KEY, bed.agent.address);
    const id = bed.operator.grant(KEY, lost.address);
    expect(await (await bed.invoke('hello')).json()).toBe(1);
    await lost.kill();
    await eventually(() =>
      expect(bed.operator.of('dead')).toMatchObject([{ executionEnvironmentId: id }]),
    );
    expect(await (await bed.invoke('hello')).json()).toEqual({ message: 'hi' });
  });

  it('keeps one that closed its connection and still answers', async ({ expect }) => {
    const bed = await useBed({
      agent: (_request, response) => response.writeHead(200, { connection: 'close' }).end('1'),
    });
    for (let call = 0; call < 3; call += 1) {
      expect((await bed.invoke('hello')).status).toBe(200);
    }
    await eventually(() => expect(bed.agent.requests).toHaveLength(3));
    expect(bed.operator.of('dead')).toEqual([]);
  });

  it('does not wait for each of many that were lost together', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    const nobody = await startUnansweringPort();
    onTestFinished(() => nobody.close());
    bed.operator.grant(KEY, bed.agent.address);
    for (let lost = 0; lost < 8; lost += 1) bed.operator.grant(KEY, nobody.address);
    const startMs = performance.now();
    expect(await (await bed.invoke('hello')).json()).toEqual({ message: 'hi' });
    // The first is waited for, then the second while all others are asked; one after the other took 16 s.
    expect(performance.now() - startMs).toBeLessThan(9000);
    expect(bed.operator.of('dead')).toHaveLength(8);
  });

  it.for([401, 409, 503])(
    'goes to another one when the agent itself refuses with %i',
    async (status, { expect }) => {
      const bed = await useBed({ grants: false });
      const busy = await startFakeAgent((_request, response) => {
        response.writeHead(status, { 'x-mayfly-agent-error': 'busy' }).end('{}');
      });
      onTestFinished(() => busy.kill());
      bed.operator.grant(KEY, bed.agent.address);
      bed.operator.grant(KEY, busy.address);
      expect((await bed.invoke('hello')).status).toBe(200);
      expect(bed.operator.of('dead')).toHaveLength(1);
    },
  );

  it('is never run again once an execution environment may have seen it', async ({ expect }) => {
    const bed = await useBed({ agent: (_request, response) => response.socket?.destroy() });
    const response = await bed.invoke('hello');
    expect(response.status).toBe(502);
    expect(response.headers.get('x-amzn-errortype')).toBe('BadGatewayException');
    expect(bed.agent.requests).toHaveLength(1);
    expect(bed.operator.of('dead')).toMatchObject([{ executionEnvironmentId: 'ee-1' }]);
  });

  it('breaks when its execution environment is gone, and the next one works', async ({
    expect,
  }) => {
    const { handler, held } = heldAgent();
    const bed = await useBed({ agent: handler });
    const broken = bed.invoke('hello');
    await eventually(() => expect(held).toHaveLength(1));
    bed.operator.say({ kind: 'gone', executionEnvironmentId: 'ee-1' });
    expect((await broken).status).toBe(502);
    const next = bed.invoke('hello');
    await eventually(() => expect(held).toHaveLength(2));
    held[1]?.writeHead(200).end('1');
    expect((await next).status).toBe(200);
  });

  it('gives up a silent agent after timeout, init and margin', async ({ expect }) => {
    const clock = new FakeClock();
    const { handler, held } = heldAgent();
    const bed = await useBed({ agent: handler, clock });
    const response = bed.invoke('hello');
    await eventually(() => expect(held).toHaveLength(1));
    clock.step(18_000);
    expect((await response).status).toBe(502);
    expect(bed.operator.of('dead')).toMatchObject([{ message: 'no answer within 18000 ms' }]);
  });

  it('is refused when it has waited too long', async ({ expect }) => {
    const clock = new FakeClock();
    const bed = await useBed({ grants: false, clock });
    const response = bed.invoke('hello');
    await eventually(() => expect(bed.operator.of('demand')).toHaveLength(1));
    clock.step(60_000);
    expect((await response).status).toBe(503);
    expect((await response).headers.get('retry-after')).toBe('1');
  });

  it('is refused when too many wait already', async ({ expect }) => {
    const bed = await useBed({
      grants: false,
      config: { queue: { ...DEFAULT_CONFIG.queue, maxLength: 1, timeoutMs: 1e6 } },
    });
    const first = bed.invoke('hello');
    await eventually(() => expect(bed.operator.of('demand')).toHaveLength(1));
    expect((await bed.invoke('hello')).status).toBe(503);
    bed.operator.grant(KEY, bed.agent.address);
    expect((await first).status).toBe(200);
  });

  it('is throttled with the reason, and a flood costs the operator nothing', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    bed.operator.onDemand = (key) => {
      bed.operator.say({
        kind: 'outlook',
        key,
        coming: 0,
        refusal: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      });
    };
    const response = await bed.invoke('hello');
    expect(response.status).toBe(429);
    expect(response.headers.get('x-amzn-errortype')).toBe('TooManyRequestsException');
    expect(await response.json()).toEqual({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      Type: 'User',
      message: 'Rate Exceeded.',
    });
    const said = bed.operator.received.length;
    const flood = await Promise.all(Array.from({ length: 50 }, () => bed.invoke('hello')));
    expect(new Set(flood.map(({ status }) => status))).toEqual(new Set([429]));
    expect(bed.operator.received.length).toBe(said);
    expect(await bed.registry.metrics()).toMatch(/mayfly_throttles_total\{.*\} 51/);
  });

  it('says why nothing can be made', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    bed.operator.onDemand = (key) => {
      const message = 'python3.13 is not installed';
      bed.operator.say({ kind: 'unavailable', key, message, isTemporary: false });
    };
    const response = await bed.invoke('hello');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('python3.13 is not installed');
  });

  it('leaves the queue when its client goes', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    const client = new AbortController();
    const response = bed.invoke('hello', { signal: client.signal }).catch(() => 'aborted');
    await eventually(() => expect(bed.operator.of('demand')).toHaveLength(1));
    client.abort();
    expect(await response).toBe('aborted');
    await eventually(() => expect(bed.operator.of('demand').at(-1)).toMatchObject({ queued: 0 }));
    bed.operator.grant(KEY, bed.agent.address);
    expect((await bed.invoke('hello')).status).toBe(200);
    expect(bed.agent.requests).toHaveLength(1);
  });

  it('keeps its execution environment when its client goes while it runs', async ({ expect }) => {
    const { handler, held } = heldAgent();
    const bed = await useBed({ agent: handler, grants: false });
    bed.operator.grant(KEY, bed.agent.address);
    const client = new AbortController();
    const response = bed.invoke('hello', { signal: client.signal }).catch(() => 'aborted');
    await eventually(() => expect(held).toHaveLength(1));
    client.abort();
    await response;
    const next = bed.invoke('hello');
    await eventually(() => expect(bed.operator.of('demand')).toHaveLength(1));
    expect(held).toHaveLength(1);
    held[0]?.writeHead(200).end('1');
    await eventually(() => expect(held).toHaveLength(2));
    held[1]?.writeHead(200).end('2');
    expect(await (await next).json()).toBe(2);
  });

  it('tells the operator who is busy and idle, coalesced', async ({ expect }) => {
    const clock = new FakeClock();
    const bed = await useBed({ clock });
    for (let call = 0; call < 10; call += 1) await (await bed.invoke('hello')).text();
    expect(bed.operator.of('activity')).toEqual([]);
    clock.step(100);
    expect(bed.operator.of('activity')).toMatchObject([{ idle: ['ee-1'], busy: [] }]);
  });

  it('waits on for a new revision when the old one is replaced', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    const response = bed.invoke('hello');
    await eventually(() => expect(bed.operator.of('demand')).toHaveLength(1));
    bed.store.put(aServedFunction({ revision: 'r2' }));
    await eventually(() =>
      expect(bed.operator.of('demand').at(-1)).toMatchObject({
        key: { revision: 'r2' },
        queued: 1,
      }),
    );
    bed.operator.grant({ ...KEY, revision: 'r2' }, bed.agent.address);
    expect((await response).status).toBe(200);
  });

  it('ends with 404 when its function is deleted while it waits', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    const response = bed.invoke('hello');
    await eventually(() => expect(bed.operator.of('demand')).toHaveLength(1));
    bed.store.remove(aServedFunction());
    expect((await response).status).toBe(404);
  });

  it('says where the time of a cold start went, in a header and in metrics', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    const start = { grantMs: 1, podMs: 20, assignMs: 3, initMs: 4 };
    bed.operator.onDemand = (key) => bed.operator.grant(key, bed.agent.address, { start });
    const first = await bed.invoke('hello');
    expect(first.headers.get('x-mayfly-cold-start')).toMatch(
      /^queue;dur=0\.0, grant;dur=1\.0, pod;dur=20\.0, assign;dur=3\.0, init;dur=4\.0, invoke;dur=[\d.]+$/,
    );
    expect(await bed.registry.metrics()).toContain(
      'mayfly_cold_start_duration_seconds_count{phase="pod"} 1',
    );
    expect((await bed.invoke('hello')).headers.get('x-mayfly-cold-start')).toBeNull();
  });

  it('tells the operator at once that the first invocation of an execution environment has ended', async ({
    expect,
  }) => {
    const bed = await useBed({ grants: false });
    const start = { grantMs: 1, podMs: 2, assignMs: 3, initMs: 0 };
    let id = '';
    bed.operator.onDemand = (key) => {
      id = bed.operator.grant(key, bed.agent.address, { start });
    };
    await bed.invoke('hello');
    expect(bed.operator.of('activity').at(-1)).toEqual({ kind: 'activity', idle: [id], busy: [] });
  });

  it('counts what an agent has held an invocation for as a part of the start', async ({
    expect,
  }) => {
    const bed = await useBed({
      grants: false,
      agent: answerWith('1', {
        'x-mayfly-held-ms': '0.5',
        'x-mayfly-init-duration-ms': '0.25',
      }),
    });
    const start = { grantMs: 1, podMs: 2, assignMs: 3, initMs: 0 };
    bed.operator.onDemand = (key) => bed.operator.grant(key, bed.agent.address, { start });
    expect((await bed.invoke('hello')).headers.get('x-mayfly-cold-start')).toMatch(
      /^queue;dur=0\.0, grant;dur=1\.0, pod;dur=2\.0, assign;dur=3\.3, init;dur=0\.3, invoke;dur=[\d.]+$/,
    );
  });

  it('follows an alias to its version, and to the next as soon as it confirms it', async ({
    expect,
  }) => {
    const bed = await useBed();
    for (const version of [1, 2])
      bed.store.put(aVersion(`v${String(version)}`, { version, revision: `r${String(version)}` }));
    bed.store.put(anAlias({ functionVersion: '1' }));
    await eventually(async () => expect((await bed.invoke('hello:live')).status).toBe(200));
    const state = {
      kind: 'Alias',
      namespace: 'default',
      name: 'hello-live',
      generation: 2,
    } as const;
    bed.operator.say({ kind: 'confirm', state });
    expect(bed.operator.of('confirmed')).toEqual([]);
    bed.store.put(anAlias({ functionVersion: '2' }, 2));
    await eventually(() =>
      expect(bed.operator.of('confirmed')).toEqual([{ kind: 'confirmed', state }]),
    );
    await (await bed.invoke('hello:live')).text();
    expect(bed.operator.of('demand').at(-2)?.key.revision).toBe('r2.2');
    expect((await bed.invoke('hello:9')).status).toBe(404);
  });

  it('counts outcomes', async ({ expect }) => {
    const bed = await useBed({ agent: answerWith('1', { 'x-mayfly-init-duration-ms': '1' }) });
    await (await bed.invoke('hello')).text();
    const metrics = await bed.registry.metrics();
    expect(metrics).toContain(
      'mayfly_invocations_total{namespace="default",function="hello",qualifier="$LATEST",outcome="success"} 1',
    );
    expect(metrics).toContain('mayfly_cold_starts_total{namespace="default",function="hello"} 1');
    expect(metrics).toContain(
      'mayfly_concurrent_executions{namespace="default",function="hello"} 0',
    );
    expect(metrics).toContain('mayfly_invocation_duration_seconds_count');
    expect(metrics).toContain('mayfly_queued_invocations 0');
  });

  it('leaves no series of a function that is gone, whatever still runs', async ({ expect }) => {
    const { handler, held } = heldAgent();
    const bed = await useBed({ agent: handler });
    const running = bed.invoke('hello');
    await eventually(() => expect(held).toHaveLength(1));
    bed.store.remove(aServedFunction());
    await eventually(async () => expect(await bed.registry.metrics()).not.toContain('"hello"'));
    held[0]?.writeHead(200).end('"done"');
    expect((await running).status).toBe(200);
    expect(await bed.registry.metrics()).not.toContain('"hello"');
  });
});

describe('closing', () => {
  it('lets running invocations finish and takes no more', async ({ expect }) => {
    const { handler, held } = heldAgent();
    const bed = await useBed({ agent: handler });
    const running = bed.invoke('hello');
    await eventually(() => expect(held).toHaveLength(1));
    const closed = bed.gateway.close();
    await eventually(() => expect(canConnect(bed.gateway.port)).resolves.toBe(false));
    held[0]?.writeHead(200).end('"done"');
    expect(await (await running).json()).toBe('done');
    await closed;
    await bed.gateway.close();
  });

  it('is cut short by the drain timeout', async ({ expect }) => {
    const clock = new FakeClock();
    const { handler, held } = heldAgent();
    const bed = await useBed({ agent: handler, clock });
    const running = bed.invoke('hello').catch(() => 'broken');
    await eventually(() => expect(held).toHaveLength(1));
    const closed = bed.gateway.close();
    clock.step(30_000);
    expect(await running).toBe('broken');
    await closed;
  });

  it('is overtaken by destroy', async ({ expect }) => {
    const { handler, held } = heldAgent();
    const bed = await useBed({ agent: handler });
    const running = bed.invoke('hello').catch(() => 'broken');
    await eventually(() => expect(held).toHaveLength(1));
    const closed = bed.gateway.close();
    await bed.gateway.destroy();
    expect(await running).toBe('broken');
    await closed;
  });
});

describe('the server', () => {
  it('survives odd bytes, huge headers and half requests', async ({ expect }) => {
    const bed = await useBed();
    const send = (headers: Record<string, string>): Promise<number> => {
      const { promise, resolve } = Promise.withResolvers<number>();
      const path = '/2015-03-31/functions/hello/invocations';
      const options = { method: 'POST', port: bed.gateway.port, path, headers };
      const request = httpRequest(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', () => {
        resolve(-1);
      });
      request.end('{}');
      return promise;
    };
    expect(await send({ 'x-odd': 'a\u00ffb', 'content-type': '\u00e9/\u00e9;;' })).toBe(200);
    expect(await send({ 'x-amzn-trace-id': 'Root=\u00ff\u0080' })).toBe(200);
    expect(await send({ 'x-amz-client-context': '\u00ff' })).toBe(400);
    expect(await send({ 'x-huge': 'x'.repeat(40_000) })).toBe(431);
    const half = httpRequest({
      method: 'POST',
      port: bed.gateway.port,
      path: '/2015-03-31/functions/hello/invocations',
      headers: { 'content-length': '100' },
    });
    half.on('error', () => undefined);
    half.write('{');
    half.destroy();
    expect((await bed.invoke('hello')).status).toBe(200);
  });
});
