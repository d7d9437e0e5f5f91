import { writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { runCli } from '../testing/run-cli.ts';
import { readRequestBody, usePlatform } from '../testing/use-platform.ts';

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A gateway that answers always the same and keeps what it was asked. */
function aGateway(reply: Reply): { readonly listener: RequestListener; readonly calls: string[] } {
  const calls: string[] = [];
  const listener: RequestListener = (request, response) => {
    void readRequestBody(request).then((body) => {
      const { 'x-amz-invocation-type': type, 'x-amz-log-type': log } = request.headers;
      calls.push(`${request.url ?? ''} ${String(type)} ${String(log)} ${body}`);
      response.writeHead(reply.status ?? 200, reply.headers).end(reply.body ?? '');
    });
  };
  return { listener, calls };
}

const BASE = '/2015-03-31/functions';

describe('mayfly invoke', () => {
  it('prints the payload as it is', async ({ expect }) => {
    const gateway = aGateway({ body: '{"message":"Hello, Ada!"}' });
    const { directory } = await usePlatform(gateway.listener);
    const run = await runCli(['invoke', 'hello', '-d', '{"name":"Ada"}'], { cwd: directory });
    expect(run).toEqual({ stdout: '{"message":"Hello, Ada!"}', stderr: '', exitCode: 0 });
    expect(gateway.calls).toEqual([
      `${BASE}/hello/invocations RequestResponse None {"name":"Ada"}`,
    ]);
  });

  it('ends the line on a terminal', async ({ expect }) => {
    const { directory } = await usePlatform(aGateway({ body: '1' }).listener);
    const run = await runCli(['invoke', 'hello'], { cwd: directory, isTty: true });
    expect(run.stdout).toBe('1\n');
  });

  it('takes the event from a file, from standard input or from a pipe', async ({ expect }) => {
    const gateway = aGateway({});
    const { directory: cwd } = await usePlatform(gateway.listener);
    await writeFile(join(cwd, 'event.json'), '{"from":"file"}');
    await runCli(['invoke', 'hello', '-d', '@event.json'], { cwd });
    await runCli(['invoke', 'hello', '-d', '@-'], { cwd, isTty: true, stdin: '{"from":"stdin"}' });
    await runCli(['invoke', 'hello'], { cwd, stdin: '{"from":"pipe"}' });
    expect(gateway.calls.map((call) => call.split(' ').at(-1))).toEqual([
      '{"from":"file"}',
      '{"from":"stdin"}',
      '{"from":"pipe"}',
    ]);
  });

  it('passes the qualifier', async ({ expect }) => {
    const gateway = aGateway({});
    const { directory: cwd } = await usePlatform(gateway.listener);
    await runCli(['invoke', 'hello:prod'], { cwd });
    await runCli(['invoke', 'hello', '--qualifier', '$LATEST'], { cwd });
    expect(gateway.calls.map((call) => call.split(' ')[0])).toEqual([
      `${BASE}/hello%3Aprod/invocations`,
      `${BASE}/hello/invocations?Qualifier=%24LATEST`,
    ]);
  });

  it('prints the log tail to standard error', async ({ expect }) => {
    const log = Buffer.from('START\nHällo\nEND\n').toString('base64');
    const gateway = aGateway({ body: '1', headers: { 'x-amz-log-result': log } });
    const { directory: cwd } = await usePlatform(gateway.listener);
    const run = await runCli(['invoke', 'hello', '--tail'], { cwd });
    expect(run).toEqual({ stdout: '1', stderr: 'START\nHällo\nEND\n', exitCode: 0 });
    expect(gateway.calls[0]).toContain(' Tail ');
  });

  it('ends with 1 and says what a function threw', async ({ expect }) => {
    const error = {
      errorType: 'TypeError',
      errorMessage: 'x is not a function',
      trace: ['TypeError: x is not a function', '    at handler (index.js:1)'],
    };
    const headers = { 'x-amz-function-error': 'Unhandled' };
    const { directory: cwd } = await usePlatform(
      aGateway({ headers, body: JSON.stringify(error) }).listener,
    );
    const run = await runCli(['invoke', 'hello'], { cwd });
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout)).toEqual(error);
    expect(run.stderr).toBe(
      'hello failed (Unhandled): TypeError: x is not a function\n    at handler (index.js:1)\n',
    );
  });

  it('ends with 1 when the error of a function is no JSON', async ({ expect }) => {
    const headers = { 'x-amz-function-error': 'Unhandled' };
    const { directory: cwd } = await usePlatform(aGateway({ headers, body: 'odd' }).listener);
    const run = await runCli(['invoke', 'hello'], { cwd });
    expect(run).toEqual({ stdout: 'odd', stderr: 'hello failed (Unhandled)\n', exitCode: 1 });
  });

  it.for([
    [404, 4, 'ResourceNotFoundException', { Message: 'Function not found' }],
    [429, 4, 'TooManyRequestsException', { message: 'Rate Exceeded.', Reason: 'R' }],
    [503, 5, 'ServiceUnavailableException', {}],
  ] as const)(
    'ends with another code for HTTP %d',
    async ([status, code, type, body], { expect }) => {
      const headers = { 'x-amzn-errortype': type };
      const { directory: cwd } = await usePlatform(
        aGateway({ status, headers, body: JSON.stringify(body) }).listener,
      );
      const run = await runCli(['invoke', 'hello'], { cwd });
      expect(run.exitCode).toBe(code);
      expect(run.stdout).toBe('');
      expect(run.stderr).toContain(`error: ${type}: `);
    },
  );

  it('ends with 5 when the gateway breaks the connection', async ({ expect }) => {
    const { directory: cwd } = await usePlatform((request) => request.destroy());
    const run = await runCli(['invoke', 'hello'], { cwd });
    expect(run.exitCode).toBe(5);
    expect(run.stderr).toMatch(/^error: the connection to mayfly at 127.0.0.1:\d+ broke/);
  });

  it('asks only with --dry-run', async ({ expect }) => {
    const gateway = aGateway({ status: 204 });
    const { directory: cwd } = await usePlatform(gateway.listener);
    const run = await runCli(['invoke', 'hello', '--dry-run'], { cwd });
    expect(run).toEqual({ stdout: '', stderr: 'hello can be called\n', exitCode: 0 });
    expect(gateway.calls[0]).toContain(' DryRun ');
  });

  it('gives everything as JSON', async ({ expect }) => {
    const headers = { 'x-amzn-requestid': 'r', 'x-amz-executed-version': '$LATEST' };
    const { directory: cwd } = await usePlatform(aGateway({ headers, body: '[1]' }).listener);
    const run = await runCli(['invoke', 'hello', '-o', 'json'], { cwd });
    expect(JSON.parse(run.stdout)).toEqual({
      statusCode: 200,
      executedVersion: '$LATEST',
      requestId: 'r',
      payload: [1],
    });
  });

  it('ends with 2 when the file of the event does not exist', async ({ expect }) => {
    const { directory: cwd } = await usePlatform();
    const run = await runCli(['invoke', 'hello', '-d', '@absent.json'], { cwd });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('reading the event: ENOENT');
  });
});
