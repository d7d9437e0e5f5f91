import { Agent as HttpAgent, request } from 'node:http';
import { AGENT_PATHS } from '@mayfly/core';
import { describe, it, onTestFinished, vi } from 'vitest';
import { ECHO, exchange, TOKEN, useAgent, useReadyAgent } from './fixtures/agent-fixture.ts';

const SLOW = `for (;;) { const i = await next(); await new Promise((r) => setTimeout(r, Number(JSON.parse(i.body)))); await respond(i.id, i.body); }`;

describe('an invocation', () => {
  it('reaches the runtime as bytes and comes back as bytes', async ({ expect }) => {
    const { invoke } = await useReadyAgent();
    const answer = await invoke('{"name":"Ada ☂"}');
    expect(answer.statusCode).toBe(200);
    expect(answer.text).toBe('{"name":"Ada ☂"}');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
    });
    expect(answer.headers).not.toHaveProperty('x-amz-function-error');
    expect(answer.headers).not.toHaveProperty('x-mayfly-agent-error');
  });

  it('carries request id, deadline, ARN, trace and client context to the runtime', async ({
    expect,
  }) => {
    const { invoke } = await useReadyAgent({
      script: `for (;;) { const i = await next(); await respond(i.id, JSON.stringify(i.headers)); }`,
    });
    const before = Date.now();
    const answer = await invoke('{}', {
      headers: {
        'x-amzn-requestid': 'request-1',
        'x-amzn-trace-id': 'Root=1-2-3;Parent=4;Sampled=1',
        'x-mayfly-invoked-function-arn':
          'arn:aws:lambda:us-east-1:000000000000:function:hello:live',
        'x-amz-client-context': Buffer.from('{"custom":{"k":"é☂"}}').toString('base64'),
      },
    });
    const headers = JSON.parse(answer.text) as Record<string, string>;
    expect(headers).toMatchObject({
      'lambda-runtime-aws-request-id': 'request-1',
      'lambda-runtime-trace-id': 'Root=1-2-3;Parent=4;Sampled=1',
      'lambda-runtime-invoked-function-arn':
        'arn:aws:lambda:us-east-1:000000000000:function:hello:live',
    });
    const context: unknown = JSON.parse(headers['lambda-runtime-client-context'] ?? '');
    expect(context).toStrictEqual({ custom: { k: 'é☂' } });
    const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
    expect(deadlineMs).toBeGreaterThanOrEqual(before + 5_000);
    expect(deadlineMs).toBeLessThan(before + 7_000);
  });

  it('has an id, an ARN and a trace of its own when the caller names none', async ({ expect }) => {
    const { invoke } = await useReadyAgent({
      script: `for (;;) { const i = await next(); await respond(i.id, JSON.stringify(i.headers)); }`,
    });
    const answer = await invoke('{}', { headers: { 'x-amzn-requestid': '../../x' } });
    const headers = JSON.parse(answer.text) as Record<string, string>;
    expect(headers['lambda-runtime-aws-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers['lambda-runtime-trace-id']).toMatch(
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
    );
    expect(headers['lambda-runtime-invoked-function-arn']).toBe(
      'arn:aws:lambda:us-east-1:000000000000:function:hello',
    );
  });

  it('survives odd bytes in headers', async ({ expect }) => {
    const { invoke } = await useReadyAgent();
    const odd = Buffer.from([0xe9, 0xff, 0x80]).toString('latin1');
    const answer = await invoke('{}', {
      headers: {
        'x-amzn-trace-id': odd,
        'x-amzn-requestid': odd,
        'x-mayfly-invoked-function-arn': odd,
        'x-amz-client-context': '%%%',
      },
    });
    expect(answer.text).toBe('{}');
  });

  it('tells the init duration with the first answer only', async ({ expect }) => {
    const { invoke, ready } = await useReadyAgent();
    const { initDurationMs } = await ready();
    const first = await invoke('1');
    const second = await invoke('2');
    expect(Number(first.headers['x-mayfly-init-duration-ms'])).toBeCloseTo(initDurationMs, 1);
    expect(second.headers).not.toHaveProperty('x-mayfly-init-duration-ms');
  });

  it('passes an error of the function on as it is', async ({ expect }) => {
    const { invoke } = await useReadyAgent({
      script: `for (;;) { const i = await next(); await fail(i.id, i.body, { 'lambda-runtime-function-error-type': 'My.Error' }); }`,
    });
    const answer = await invoke('{"errorType":"E","errorMessage":"m","stackTrace":[]}');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['x-amz-function-error']).toBe('Unhandled');
    expect(answer.text).toBe('{"errorType":"E","errorMessage":"m","stackTrace":[]}');
    expect((await invoke('\u0000garbage')).text).toBe('\u0000garbage');
    expect((await invoke('')).text).toBe('{"errorType":"My.Error","errorMessage":""}');
  });

  it('is refused with 409 while another one runs', async ({ expect }) => {
    const { invoke, status } = await useReadyAgent({ script: SLOW });
    const first = invoke('500');
    await vi.waitFor(async () => {
      expect(await status()).toMatchObject({ state: 'busy' });
    });
    const second = await invoke('0');
    expect(second.statusCode).toBe(409);
    expect(second.headers['x-mayfly-agent-error']).toBe('Agent.Busy');
    expect((await first).text).toBe('500');
  });

  it('waits for a runtime that has answered but not come back', async ({ expect }) => {
    const { invoke } = await useReadyAgent({
      script: `for (;;) { const i = await next(); await respond(i.id, i.body); await new Promise((r) => setTimeout(r, 150)); }`,
    });
    expect((await invoke('1')).text).toBe('1');
    expect((await invoke('2')).text).toBe('2');
  });

  it('waits for init when it comes early', async ({ expect }) => {
    const { assign, invoke } = await useAgent({
      script: `await new Promise((r) => setTimeout(r, 200)); ${ECHO}`,
    });
    await assign();
    expect((await invoke('1')).text).toBe('1');
  });

  it('is refused with 413 over the request limit, and the next one runs', async ({ expect }) => {
    const { invoke } = await useReadyAgent();
    const connection = new HttpAgent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => {
      connection.destroy();
    });
    const tooLarge = await invoke(Buffer.alloc(7 * 1024 * 1024, 0x20), { connection });
    expect(tooLarge.statusCode).toBe(413);
    expect(tooLarge.headers['x-mayfly-agent-error']).toBe('Agent.RequestTooLarge');
    expect((await invoke('1', { connection })).text).toBe('1');
  });

  it('carries 6 MB both ways', async ({ expect }) => {
    const { invoke } = await useReadyAgent();
    const payload = Buffer.alloc(6 * 1024 * 1024, 0x61);
    const answer = await invoke(payload);
    expect(answer.body.equals(payload)).toBe(true);
  });

  it('runs to its end when the caller goes away', async ({ expect }) => {
    const { invoke, messages } = await useReadyAgent({ script: SLOW });
    const abort = new AbortController();
    const gone = invoke('300', { signal: abort.signal });
    await vi.waitFor(() => {
      expect(messages().join('\n')).toContain('START RequestId');
    });
    abort.abort();
    await expect(gone).rejects.toThrow('aborted');
    await vi.waitFor(() => {
      // To its end, and the machine may be slow: at least the 300 ms that the function takes.
      const [, ms = '0'] = /^REPORT .*?Duration: (\d+)/.exec(messages().at(-1) ?? '') ?? [];
      expect(Number(ms)).toBeGreaterThanOrEqual(300);
    });
    expect((await invoke('0')).text).toBe('0');
  });

  it('is forgotten when the caller goes away in the middle of the request', async ({ expect }) => {
    const { agent, invoke } = await useReadyAgent();
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-length': '1000' };
    const path = AGENT_PATHS.invocations;
    const half = request({ host: '127.0.0.1', port: agent.port, method: 'POST', path, headers });
    half.on('error', () => undefined);
    half.write('{"half"');
    await vi.waitFor(() => {
      expect(half.socket?.connecting).toBe(false);
    });
    half.destroy();
    expect((await invoke('1')).text).toBe('1');
  });
});

describe('the invocation port', () => {
  it.for(['', 'Bearer', 'Bearer wrong-token!', 'Basic x'])(
    'refuses the authorization %o',
    async (authorization, { expect }) => {
      const { agent } = await useAgent();
      for (const path of [...Object.values(AGENT_PATHS), '/else']) {
        const answer = await exchange(agent.port, { path, headers: { authorization } });
        expect(answer.statusCode).toBe(401);
        expect(answer.headers['x-mayfly-agent-error']).toBe('Agent.Unauthorised');
      }
    },
  );

  it('knows its paths and their methods', async ({ expect }) => {
    const { agent } = await useAgent();
    const missing = await exchange(agent.port, { path: '/nothing' });
    const wrong = await exchange(agent.port, { method: 'PUT', path: AGENT_PATHS.assignment });
    expect([missing.statusCode, wrong.statusCode]).toStrictEqual([404, 405]);
  });

  it('refuses invocations with 503 before a function is assigned', async ({ expect }) => {
    const { invoke } = await useAgent();
    const answer = await invoke('{}');
    expect(answer.statusCode).toBe(503);
    expect(JSON.parse(answer.text)).toStrictEqual({
      errorType: 'Agent.Unassigned',
      errorMessage: 'no function has been assigned yet',
    });
  });

  it('takes one assignment', async ({ expect }) => {
    const { assign } = await useAgent();
    expect((await assign()).statusCode).toBe(202);
    expect((await assign()).statusCode).toBe(409);
  });

  it.for([
    ['not json', 'the assignment is not JSON'],
    ['1', 'the assignment is not an object'],
    ['{"functionName":""}', 'functionName, version'],
  ] as const)('refuses the assignment %s', async ([body, message], { expect }) => {
    const { agent, status } = await useAgent();
    const answer = await exchange(agent.port, { path: AGENT_PATHS.assignment, body });
    expect(answer.statusCode).toBe(400);
    expect(answer.text).toContain(message);
    expect(await status()).toMatchObject({ state: 'waiting' });
  });

  it('announces waiting and ready, and shows its state', async ({ expect }) => {
    const { agent, announcements, executionEnvironmentId, invoke, status } = await useReadyAgent();
    expect(announcements).toMatchObject([
      { kind: 'waiting', executionEnvironmentId, port: agent.port },
      { kind: 'ready', executionEnvironmentId, initOutcome: 'success' },
    ]);
    await invoke('1');
    await vi.waitFor(async () => {
      expect(await status()).toStrictEqual({
        executionEnvironmentId,
        state: 'idle',
        invocations: 1,
        functionName: 'hello',
        version: '$LATEST',
      });
    });
  });
});
