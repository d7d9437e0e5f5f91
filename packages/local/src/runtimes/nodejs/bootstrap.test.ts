import { describe, it } from 'vitest';
import { startRuntime, type Posted } from './runtime-api-fixture.ts';

interface ErrorBody {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

function errorOf(posted: Posted): ErrorBody {
  return JSON.parse(posted.body) as ErrorBody;
}

describe('the Node.js runtime', () => {
  it('answers with what an async handler of an ES module returns', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'const greeting = await Promise.resolve("Hello");\nexport const handler = async (event) => ({ message: `${greeting}, ${event.name}!` });',
    });
    const posted = await runtime.invoke({ name: 'Ada' });
    expect(posted).toEqual({
      path: '/invocation/request-1/response',
      contentType: 'application/json',
      errorType: undefined,
      body: '{"message":"Hello, Ada!"}',
    });
  });

  it('keeps the state of the module from one invocation to the next', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.js': 'let count = 0; exports.handler = async () => ++count;',
    });
    const bodies = [];
    for (let call = 0; call < 3; call += 1) bodies.push((await runtime.invoke({})).body);
    expect(bodies).toEqual(['1', '2', '3']);
  });

  it('answers null when the handler gives nothing', async ({ expect }) => {
    await using runtime = await startRuntime({ 'index.js': 'exports.handler = async () => {};' });
    expect((await runtime.invoke({})).body).toBe('null');
  });

  it('answers null when a handler without promise and callback has nothing left to do', async ({
    expect,
  }) => {
    await using runtime = await startRuntime({ 'index.js': 'exports.handler = () => 42;' });
    expect((await runtime.invoke({})).body).toBe('null');
    expect((await runtime.invoke({})).body).toBe('null');
  });

  it('works with a server that closes every connection', async ({ expect }) => {
    await using runtime = await startRuntime(
      { 'index.mjs': 'export const handler = async (event) => event;' },
      { closesConnections: true },
    );
    expect((await runtime.invoke({ n: 1 })).body).toBe('{"n":1}');
    expect((await runtime.invoke({ n: 2 })).body).toBe('{"n":2}');
  });

  it('carries payloads of 6 MB both ways', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs': 'export const handler = async (event) => event;',
    });
    const event = { text: 'ä'.repeat(3 * 1024 * 1024 - 20) };
    expect((await runtime.invoke(event)).body).toBe(JSON.stringify(event));
  });

  it('reads a chunked event', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs': 'export const handler = async (event) => event.length;',
    });
    const posted = await runtime.invoke(JSON.stringify('x'.repeat(200_000)), {
      'Transfer-Encoding': 'chunked',
    });
    expect(posted.body).toBe('200000');
  });

  it('fails the invocation when the event is not JSON, and serves the next', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs': 'export const handler = async (event) => event;',
    });
    const posted = await runtime.invoke('{broken');
    expect(posted.path).toBe('/invocation/request-1/error');
    expect(errorOf(posted).errorType).toBe('SyntaxError');
    expect((await runtime.invoke(1)).body).toBe('1');
  });

  it('refuses a result that has no JSON', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs': 'export const handler = async () => 1n;',
    });
    expect(errorOf(await runtime.invoke({}))).toMatchObject({
      errorType: 'Runtime.JSONStringifyError',
      errorMessage: 'Unable to stringify response body',
    });
  });
});

describe('the context', () => {
  it('has every field of Lambda', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'export const handler = async (event, context) => ({ ...context, remaining: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID });',
    });
    const posted = await runtime.invoke(
      {},
      {
        'Lambda-Runtime-Trace-Id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1',
        'Lambda-Runtime-Client-Context': '{"custom":{"foo":"bar"}}',
        'Lambda-Runtime-Cognito-Identity': '{"cognitoIdentityId":"id"}',
      },
    );
    const { remaining, ...context } = JSON.parse(posted.body) as Record<string, unknown>;
    expect(context).toEqual({
      callbackWaitsForEmptyEventLoop: true,
      functionVersion: '$LATEST',
      functionName: 'f',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/f',
      logStreamName: '2026/01/01/[$LATEST]abc',
      clientContext: { custom: { foo: 'bar' } },
      identity: { cognitoIdentityId: 'id' },
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:f',
      awsRequestId: 'request-1',
      trace: 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1',
    });
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(3000);
  });

  it('drops the trace header of an earlier invocation', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs': 'export const handler = async () => process.env._X_AMZN_TRACE_ID ?? "none";',
    });
    await runtime.invoke({}, { 'Lambda-Runtime-Trace-Id': 'Root=1' });
    expect((await runtime.invoke({})).body).toBe('"none"');
  });
});

describe('a handler with a callback', () => {
  it('answers when the event loop is empty', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.js':
        'let log = []; exports.handler = (event, context, callback) => { setTimeout(() => log.push("late"), 50); callback(null, log); };',
    });
    expect((await runtime.invoke({})).body).toBe('["late"]');
  });

  it('answers at once when callbackWaitsForEmptyEventLoop is false', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.js':
        'exports.handler = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1000); callback(null, "done"); };',
    });
    expect((await runtime.invoke({})).body).toBe('"done"');
  });

  it('fails with the error it gives', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.js': 'exports.handler = (event, context, callback) => callback("no luck");',
    });
    expect(errorOf(await runtime.invoke({}))).toEqual({
      errorType: 'string',
      errorMessage: 'no luck',
      trace: [],
    });
  });

  it.for([
    ['context.succeed("a")', '/response', '"a"'],
    ['context.done(null, "b")', '/response', '"b"'],
  ])('may use %s', async ([code = '', path = '', body], { expect }) => {
    await using runtime = await startRuntime({
      'index.js': `exports.handler = (event, context) => { setInterval(() => {}, 1000); ${code}; };`,
    });
    expect(await runtime.invoke({})).toMatchObject({ path: `/invocation/request-1${path}`, body });
  });

  it('may use context.fail', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.js': 'exports.handler = (event, context) => { context.fail(new TypeError("bad")); };',
    });
    expect(errorOf(await runtime.invoke({}))).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'bad',
    });
  });
});

describe('a handler that fails', () => {
  it('reports type, message and stack, logs them, and serves the next invocation', async ({
    expect,
  }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'class Odd extends Error { name = "Odd\\r\\nX-Injected: 1" }\nexport const handler = async (event) => { if (event.fail) throw new Odd("boom"); return "fine"; };',
    });
    const posted = await runtime.invoke({ fail: true });
    expect(posted.path).toBe('/invocation/request-1/error');
    expect(posted.errorType).toBe('Odd??X-Injected: 1');
    expect(errorOf(posted).errorMessage).toBe('boom');
    expect(errorOf(posted).trace.join('\n')).toContain('index.mjs');
    expect((await runtime.invoke({})).body).toBe('"fine"');
    expect((await runtime.lines(1))[0]).toMatch(
      /\trequest-1\tERROR\tInvoke Error \t\{"errorType":"Odd/,
    );
  });

  it('reports a promise that can never settle', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs': 'export const handler = () => new Promise(() => {});',
    });
    expect(errorOf(await runtime.invoke({})).errorType).toBe('Runtime.NodeJsExit');
    expect(errorOf(await runtime.invoke({})).errorType).toBe('Runtime.NodeJsExit');
  });

  it('ends the process after an unhandled rejection', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'export const handler = async () => { Promise.reject(new Error("lost")); return 1; };',
    });
    expect(errorOf(await runtime.invoke({}))).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'Error: lost',
    });
    expect(await runtime.exited()).toBe(128);
    expect((await runtime.lines(1))[0]).toContain('"reason":{"errorType":"Error"');
  });

  it('ends the process after an uncaught exception', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'export const handler = () => new Promise(() => setTimeout(() => { throw new RangeError("far"); }, 1));',
    });
    expect(errorOf(await runtime.invoke({}))).toMatchObject({
      errorType: 'RangeError',
      errorMessage: 'far',
    });
    expect(await runtime.exited()).toBe(129);
  });
});

describe('the handler', () => {
  it.for([
    ['index.handler', {}, 'Runtime.ImportModuleError', /^Error: Cannot find module 'index'/],
    [
      'index.handler',
      { 'index.js': 'require("nowhere")' },
      'Runtime.ImportModuleError',
      /^Error: Cannot find module 'nowhere'/,
    ],
    [
      'index.handler',
      { 'index.js': 'exports.other = 1' },
      'Runtime.HandlerNotFound',
      /^index\.handler is undefined or not exported$/,
    ],
    [
      'index.handler',
      { 'index.mjs': 'export const handler = 1' },
      'Runtime.HandlerNotFound',
      /^index\.handler is not a function$/,
    ],
    [
      'index.handler',
      { 'index.mjs': 'export const = 3' },
      'Runtime.UserCodeSyntaxError',
      /^SyntaxError: /,
    ],
    ['index', {}, 'Runtime.MalformedHandlerName', /^Bad handler$/],
    ['../index.handler', {}, 'Runtime.MalformedHandlerName', /is not a valid handler name/],
    ['index.handler', { 'index.js': 'throw new TypeError("at load")' }, 'TypeError', /^at load$/],
  ] as const)('reports %s of %o as %s', async ([handler, files, type, message], { expect }) => {
    await using runtime = await startRuntime(files, { handler });
    const posted = await runtime.posted();
    expect(posted.path).toBe('/init/error');
    expect(posted.errorType).toBe(type);
    expect(errorOf(posted).errorType).toBe(type);
    expect(errorOf(posted).errorMessage).toMatch(message);
    expect(await runtime.exited()).toBe(1);
  });

  it.for([
    ['src/app.api.get', { 'src/app.js': 'exports.api = { get: async () => "ok" }' }],
    ['index.handler', { 'index.cjs': 'exports.handler = async () => "ok"' }],
    ['index.handler', { index: 'exports.handler = async () => "ok"' }],
    [
      'index.handler',
      {
        'index.js': 'export const handler = async () => "ok"',
        'package.json': '{"type":"module"}',
      },
    ],
    ['index.handler', { 'index.mjs': 'export default { handler: async () => "ok" }' }],
    ['index.handler', { 'index/readme.txt': '', 'index.js': 'exports.handler = async () => "ok"' }],
    ['lib.handler', { 'node_modules/lib/index.js': 'exports.handler = async () => "ok"' }],
  ] as const)('is found: %s in %o', async ([handler, files], { expect }) => {
    await using runtime = await startRuntime(files, { handler });
    expect((await runtime.invoke({})).body).toBe('"ok"');
  });
});
