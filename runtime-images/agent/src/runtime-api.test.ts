import { connect } from 'node:net';
import { request } from 'node:http';
import { describe, it, vi } from 'vitest';
import { ECHO, exchange, useAgent, useReadyAgent } from './fixtures/agent-fixture.ts';
import type { AgentFixture, HttpAnswer } from './fixtures/agent-fixture.ts';

const P = '/2018-06-01/runtime/';

/** A fixture whose runtime is the test itself: the process only gets it through init. */
async function useHandMadeRuntime(): Promise<{
  readonly fixture: AgentFixture;
  call(method: string, path: string, body?: string): Promise<HttpAnswer>;
}> {
  const fixture = await useAgent({ script: `await hang();` });
  await fixture.assign();
  const port = fixture.agent.runtimeApiPort;
  const call = (method: string, path: string, body?: string): Promise<HttpAnswer> =>
    exchange(port, { method, path: P + path, ...(body === undefined ? {} : { body }) });
  return { fixture, call };
}

function errorTypeOf(answer: HttpAnswer): string {
  return (JSON.parse(answer.text) as { errorType: string }).errorType;
}

describe('the Runtime API', () => {
  it('has 404 for unknown paths and 405 for wrong methods', async ({ expect }) => {
    const { call } = await useHandMadeRuntime();
    const statuses = [
      (await call('GET', 'nothing')).statusCode,
      (await call('POST', 'invocation/a/b/response')).statusCode,
      (await call('POST', 'invocation/next')).statusCode,
      (await call('GET', 'init/error')).statusCode,
      (await call('GET', 'invocation/x/response')).statusCode,
    ];
    expect(statuses).toStrictEqual([404, 404, 405, 405, 405]);
  });

  it.for([
    [{ origin: 'http://evil.example' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ host: 'rebound.example' }],
  ] as const)('refuses what comes from a web page: %o', async ([headers], { expect }) => {
    const { fixture } = await useHandMadeRuntime();
    const path = `${P}invocation/next`;
    const { runtimeApiPort } = fixture.agent;
    const refused = await exchange(runtimeApiPort, { method: 'GET', path, headers });
    expect(refused.statusCode).toBe(403);
    expect(errorTypeOf(refused)).toBe('Forbidden');
  });

  it('refuses a second answer and lets the first one stand', async ({ expect }) => {
    const { call, fixture } = await useHandMadeRuntime();
    const next = call('GET', 'invocation/next');
    const answer = fixture.invoke('1', { headers: { 'x-amzn-requestid': 'r-1' } });
    expect((await next).headers['lambda-runtime-aws-request-id']).toBe('r-1');
    const accepted = await call('POST', 'invocation/r-1/response', '"first"');
    expect(accepted.statusCode).toBe(202);
    expect(accepted.text).toBe('{"status":"OK"}\n');
    const second = await call('POST', 'invocation/r-1/response', '"second"');
    const error = await call('POST', 'invocation/r-1/error', '{}');
    expect([second.statusCode, error.statusCode]).toStrictEqual([403, 403]);
    expect(errorTypeOf(second)).toBe('InvalidStateTransition');
    expect((await answer).text).toBe('"first"');
  });

  it('refuses answers for ids it did not give out', async ({ expect }) => {
    const { call, fixture } = await useHandMadeRuntime();
    const next = call('GET', 'invocation/next');
    const answer = fixture.invoke('1', { headers: { 'x-amzn-requestid': 'r-1' } });
    await next;
    for (const path of ['invocation/other/response', 'invocation/other/error']) {
      const refused = await call('POST', path, '1');
      expect(refused.statusCode).toBe(400);
      expect(errorTypeOf(refused)).toBe('InvalidRequestID');
    }
    await call('POST', 'invocation/r-1/response', '"right"');
    expect((await answer).text).toBe('"right"');
  });

  it('refuses next while an answer is owed, and init errors after init', async ({ expect }) => {
    const { call, fixture } = await useHandMadeRuntime();
    const next = call('GET', 'invocation/next');
    const answer = fixture.invoke('1', { headers: { 'x-amzn-requestid': 'r-1' } });
    await next;
    expect((await call('GET', 'invocation/next')).statusCode).toBe(403);
    expect((await call('POST', 'init/error', '{}')).statusCode).toBe(403);
    await call('POST', 'invocation/r-1/response', '1');
    await answer;
  });

  it('gives the invocation to the newer of two that wait for it', async ({ expect }) => {
    const { call, fixture } = await useHandMadeRuntime();
    const older = call('GET', 'invocation/next');
    await fixture.ready();
    const newer = call('GET', 'invocation/next');
    expect((await older).statusCode).toBe(403);
    const answer = fixture.invoke('1', { headers: { 'x-amzn-requestid': 'r-1' } });
    expect((await newer).statusCode).toBe(200);
    await call('POST', 'invocation/r-1/response', '1');
    await answer;
  });

  it('waits for the next next when the connection of one broke', async ({ expect }) => {
    const { call, fixture } = await useHandMadeRuntime();
    const path = `${P}invocation/next`;
    const broken = request({ host: '127.0.0.1', port: fixture.agent.runtimeApiPort, path });
    broken.on('error', () => undefined);
    broken.end();
    await fixture.ready();
    broken.destroy();
    await vi.waitFor(() => {
      expect(broken.destroyed).toBe(true);
    });
    const answer = fixture.invoke('1', { headers: { 'x-amzn-requestid': 'r-1' } });
    const next = await call('GET', 'invocation/next');
    expect(next.headers['lambda-runtime-aws-request-id']).toBe('r-1');
    await call('POST', 'invocation/r-1/response', '"here"');
    expect((await answer).text).toBe('"here"');
  });

  it('takes an answer again when its first try broke off', async ({ expect }) => {
    const { call, fixture } = await useHandMadeRuntime();
    const next = call('GET', 'invocation/next');
    const answer = fixture.invoke('1', { headers: { 'x-amzn-requestid': 'r-1' } });
    await next;
    const port = fixture.agent.runtimeApiPort;
    const half = connect(port, '127.0.0.1');
    half.write(
      `POST ${P}invocation/r-1/response HTTP/1.1\r\nHost: 127.0.0.1:${port.toString()}\r\nContent-Length: 100\r\n\r\nhalf`,
    );
    await vi.waitFor(async () => {
      expect((await call('POST', 'invocation/r-1/response', '1')).statusCode).toBe(403);
    });
    half.destroy();
    await vi.waitFor(async () => {
      expect((await call('POST', 'invocation/r-1/response', '"whole"')).statusCode).toBe(202);
    });
    expect((await answer).text).toBe('"whole"');
  });

  it('outlives garbage on its port', async ({ expect }) => {
    const fixture = await useReadyAgent({ script: ECHO });
    const garbage = connect(fixture.agent.runtimeApiPort, '127.0.0.1');
    garbage.on('error', () => undefined);
    garbage.write(Buffer.from([0x00, 0xff, 0x0d, 0x0a, 0x0d, 0x0a, 0x47]));
    await new Promise((resolve) => garbage.once('close', resolve).resume());
    expect((await fixture.invoke('1')).text).toBe('1');
  });
});
