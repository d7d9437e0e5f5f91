import { Agent } from 'node:http';
import { describe, it, onTestFinished } from 'vitest';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';
import { invocationPath, sendBytes, sendRaw } from '../../helpers/raw-http.ts';

const ECHO = aNodeFunction('echo', 'exports.handler = async (event) => event;');

describe('a connection', () => {
  it('is kept alive, also after refusals', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [ECHO] });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => {
      agent.destroy();
    });
    const requests = [
      { path: invocationPath('echo'), body: '{"n":1}' },
      { path: invocationPath('nobody') },
      { path: invocationPath('echo'), body: 'no json' },
      { method: 'GET', path: '/nowhere' },
      { path: invocationPath('echo'), headers: { 'x-amz-invocation-type': 'DryRun' } },
      { path: invocationPath('echo'), body: '{"n":2}' },
    ];

    const answers = [];
    for (const request of requests) answers.push(await sendRaw(gatewayUrl, { ...request, agent }));

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 404, 400, 404, 204, 200]);
    expect(new Set(answers.map(({ localPort }) => localPort)).size).toBe(1);
    expect(answers.at(-1)?.body.toString()).toBe('{"n":2}');
  });

  it('is closed when the client asks for that', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [ECHO] });

    const answer = await sendBytes(
      gatewayUrl,
      `POST ${invocationPath('echo')} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 7\r\n\r\n{"n":1}`,
    );

    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n');
    expect(answer).toMatch(/\r\n\r\n\{"n":1\}$/);
  });

  it('takes a body in chunks, and one that is announced first', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [ECHO] });
    const head = `POST ${invocationPath('echo')} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n`;

    const chunked = await sendBytes(
      gatewayUrl,
      `${head}transfer-encoding: chunked\r\n\r\n3\r\n{"n\r\n4\r\n":1}\r\n0\r\n\r\n`,
    );
    const announced = await sendBytes(
      gatewayUrl,
      `${head}expect: 100-continue\r\ncontent-length: 7\r\n\r\n{"n":1}`,
    );

    expect(chunked).toMatch(/^HTTP\/1\.1 200 OK\r\n(.|\r\n)*\r\n\r\n\{"n":1\}$/);
    expect(announced).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });
});

describe('the path of an invocation', () => {
  it('takes no methods other than POST', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [ECHO] });

    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await sendRaw(gatewayUrl, { method, path: invocationPath('echo') });
      expect(answer.statusCode).toBe(405);
      expect(answer.headers['x-amzn-errortype']).toBe('MethodNotAllowedException');
      expect(answer.body.length === 0).toBe(method === 'HEAD');
    }
  });

  it('takes any content type', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [ECHO] });
    const types = [
      'application/x-www-form-urlencoded',
      'application/octet-stream',
      'text/plain; charset=utf-8',
      'application/json',
      'no type at all',
    ];

    for (const type of types) {
      const answer = await sendRaw(gatewayUrl, {
        path: invocationPath('echo'),
        headers: { 'content-type': type },
        body: '{"n":1}',
      });
      expect([type, answer.statusCode, answer.body.toString()]).toEqual([type, 200, '{"n":1}']);
    }
  });

  it('takes ARNs with and without percent-encoding', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({
      functions: [
        aNodeFunction(
          'arn',
          'exports.handler = async (event, context) => context.invokedFunctionArn;',
        ),
      ],
    });
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:arn';
    const references = [
      [arn, arn],
      [encodeURIComponent(arn), arn],
      [encodeURIComponent(arn).toLowerCase(), arn],
      ['%61rn', arn],
      [encodeURIComponent(`${arn}:$LATEST`), `${arn}:$LATEST`],
      ['000000000000%3Afunction%3Aarn', arn],
      ['function:arn', arn],
      ['arn/invocations?Qualifier=%24LATEST&unknown=1', `${arn}:$LATEST`],
    ] as const;

    for (const [reference, invokedArn] of references) {
      const path = reference.includes('/')
        ? `/2015-03-31/functions/${reference}`
        : invocationPath(reference);
      const answer = await sendRaw(gatewayUrl, { path });
      expect([reference, answer.body.toString()]).toEqual([reference, JSON.stringify(invokedArn)]);
    }
  });

  it('that cannot be decoded is the fault of the client', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [ECHO] });

    for (const name of ['%', '%zz', '%C3%28', '%00', 'a%2Fb', '%F0%9F%98%80', 'x'.repeat(2000)]) {
      const { statusCode } = await sendRaw(gatewayUrl, { path: invocationPath(name) });
      expect(statusCode, name).toBeGreaterThanOrEqual(400);
      expect(statusCode, name).toBeLessThan(500);
    }
  });
});
