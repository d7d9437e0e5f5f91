import { describe, it } from 'vitest';
import { startRuntime } from './runtime-api-fixture.ts';

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

describe('console output', () => {
  it('has time, request id and level, and keeps a record in one line', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'console.log("loading"); export const handler = async () => { console.info("%s\\nline", "two"); console.warn({ a: 1 }); console.error(new Error("x").message); console.debug("d"); console.trace("t"); };',
    });
    await runtime.invoke({});
    const levels = ['-\tINFO\tloading', 'INFO\ttwo\rline', 'WARN\t{ a: 1 }', 'ERROR\tx'];
    levels.push('DEBUG\td', 'TRACE\tt');
    const lines = await runtime.lines(levels.length);
    expect(lines).toHaveLength(levels.length);
    for (const [index, line] of lines.entries()) {
      expect(line).toMatch(new RegExp(`^${TIME}\t(request-1|-)\t`));
      expect(line).toContain(levels[index]);
    }
  });

  it('is JSON when the function asks for it', async ({ expect }) => {
    await using runtime = await startRuntime(
      {
        'index.mjs':
          'export const handler = async () => { console.debug("hidden"); console.log({ a: "one\\ntwo" }); console.warn("n %d", 1, new TypeError("bad")); const loop = {}; loop.loop = loop; console.log(loop); };',
      },
      { environmentVariables: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'info' } },
    );
    await runtime.invoke({});
    const records = (await runtime.lines(3)).map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    );
    expect(records[0]).toMatchObject({
      level: 'INFO',
      requestId: 'request-1',
      message: { a: 'one\ntwo' },
    });
    expect(records[1]).toMatchObject({
      level: 'WARN',
      errorType: 'TypeError',
      errorMessage: 'bad',
    });
    expect(String(records[2]?.['message'])).toContain('[Circular');
    expect(records).toHaveLength(3);
  });
});

describe('a streaming handler', () => {
  it('answers with all bytes it wrote', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'export const handler = awslambda.streamifyResponse(async (event, stream) => { stream.setContentType("text/plain"); stream.write("a"); stream.write(Buffer.from("b")); stream.write({ c: 1 }); stream.end(); });',
    });
    expect(await runtime.invoke({})).toMatchObject({
      path: '/invocation/request-1/response',
      contentType: 'text/plain',
      body: 'ab{"c":1}',
    });
  });

  it('puts the prelude before the body', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'import { pipeline } from "node:stream/promises"; import { Readable } from "node:stream";\nexport const handler = awslambda.streamifyResponse(async (event, stream) => { const http = awslambda.HttpResponseStream.from(stream, { statusCode: 201 }); await pipeline(Readable.from(["he", "llo"]), http); });',
    });
    expect(await runtime.invoke({})).toMatchObject({
      contentType: 'application/vnd.awslambda.http-integration-response',
      body: `{"statusCode":201}${'\0'.repeat(8)}hello`,
    });
  });

  it('fails when it never ends its stream', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'export const handler = awslambda.streamifyResponse(async (event, stream) => { stream.write("a"); });',
    });
    expect(await runtime.invoke({})).toMatchObject({
      path: '/invocation/request-1/error',
      errorType: 'Error',
    });
  });

  it('fails with the error that it throws after the first byte', async ({ expect }) => {
    await using runtime = await startRuntime({
      'index.mjs':
        'export const handler = awslambda.streamifyResponse(async (event, stream) => { stream.write("a"); throw new TypeError("mid"); });',
    });
    expect(await runtime.invoke({})).toMatchObject({
      path: '/invocation/request-1/error',
      errorType: 'TypeError',
    });
  });
});
