import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform, type FunctionManifest } from '../../helpers/platform.ts';
import { sendRaw } from '../../helpers/raw-http.ts';

const url = { authType: 'NONE' };
const ECHO = aNodeFunction('echo', 'exports.handler = async (event) => event;', { url });

/** A function that answers every call of its URL with the value of an expression. */
function answering(name: string, expression: string): FunctionManifest {
  return aNodeFunction(name, `exports.handler = async (event) => (${expression});`, { url });
}

type UrlEvent = Record<string, unknown> & {
  readonly headers: Record<string, string>;
  readonly requestContext: { readonly http: Record<string, string> };
};

/** The event that a request becomes. */
async function eventOf(target: string, init: RequestInit = {}): Promise<UrlEvent> {
  return (await (await fetch(target, init)).json()) as UrlEvent;
}

describe('the event of a function URL', () => {
  it('has no body, cookies or query where the request has none', async ({ expect }) => {
    const platform = await usePlatform({ functions: [ECHO] });

    const event = await eventOf(platform.url('echo'));

    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/',
      rawQueryString: '',
      isBase64Encoded: false,
    });
    for (const absent of ['body', 'cookies', 'queryStringParameters', 'pathParameters']) {
      expect(event).not.toHaveProperty(absent);
    }
    const posted = await eventOf(platform.url('echo'), { method: 'POST', body: '' });
    expect(posted).not.toHaveProperty('body');
  });

  it('describes the request in its context', async ({ expect }) => {
    const platform = await usePlatform({ functions: [ECHO] });

    const event = await eventOf(`${platform.url('echo')}a?b`, {
      headers: { 'user-agent': 'a test' },
    });

    expect(event.requestContext).toEqual({
      accountId: 'anonymous',
      apiId: expect.stringMatching(/^[a-z0-9-]+$/),
      domainName: expect.stringMatching(/^[a-z0-9-]+\.lambda-url\.us-east-1\.localhost$/),
      domainPrefix: expect.stringMatching(/^[a-z0-9-]+$/),
      http: {
        method: 'GET',
        path: '/a',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'a test',
      },
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      routeKey: '$default',
      stage: '$default',
      time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    });
    expect(event.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': new URL(platform.gatewayUrl).port,
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-/),
    });
  });

  it('carries text as text and everything else, forms too, in base64', async ({ expect }) => {
    const platform = await usePlatform({ functions: [ECHO] });
    const bodies = [
      ['application/json; charset=utf-8', '{"a":"ä"}', false],
      ['text/csv', 'a,b', false],
      ['application/xml', '<a/>', false],
      ['application/javascript', 'a()', false],
      ['application/x-www-form-urlencoded', 'a=1&b=%20', true],
      ['multipart/form-data; boundary=x', '--x--', true],
      ['image/png', 'no picture', true],
      ['application/octet-stream', 'bytes', true],
    ] as const;

    for (const [type, body, isBase64Encoded] of bodies) {
      const event = await eventOf(platform.url('echo'), {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
      expect(event).toMatchObject({
        headers: { 'content-type': type },
        isBase64Encoded,
        body: isBase64Encoded ? Buffer.from(body).toString('base64') : body,
      });
    }
  });

  it('joins headers and query values that come more than once', async ({ expect }) => {
    const platform = await usePlatform({ functions: [ECHO] });

    const answer = await sendRaw(platform.gatewayUrl, {
      method: 'GET',
      path: '/url/default/echo/?a=1&a=2&b=x%20y&b=%C3%A4&empty=&flag',
      headers: { 'x-many': ['one', 'two'], 'X-UPPER': 'Case', cookie: 'a=1; b="2"; c' },
    });

    const event = JSON.parse(answer.body.toString()) as UrlEvent;
    expect(event.headers['x-many']?.replaceAll(' ', '')).toBe('one,two');
    expect(event.headers['x-upper']).toBe('Case');
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event).toMatchObject({
      cookies: ['a=1', 'b="2"', 'c'],
      rawQueryString: 'a=1&a=2&b=x%20y&b=%C3%A4&empty=&flag',
      queryStringParameters: { a: '1,2', b: 'x y,ä', empty: '', flag: '' },
    });
  });

  it('has the path as it was sent', async ({ expect }) => {
    const platform = await usePlatform({ functions: [ECHO] });
    const paths = [
      '/',
      '/a%2Fb',
      '/%C3%A4/%F0%9F%98%80',
      '/a//b/',
      '/a/../b',
      '/%25',
      '/a;x=1',
      '/a+b',
    ];

    for (const path of paths) {
      const answer = await sendRaw(platform.gatewayUrl, {
        method: 'GET',
        path: `/url/default/echo${path}`,
      });
      const event = JSON.parse(answer.body.toString()) as UrlEvent;
      expect(event['rawPath']).toBe(path);
      expect(event.requestContext.http['path']).toBe(path);
    }
  });

  it('is made for every method', async ({ expect }) => {
    const platform = await usePlatform({ functions: [ECHO] });

    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const event = await eventOf(platform.url('echo'), { method });
      expect(event.requestContext.http['method']).toBe(method);
    }
  });
});

describe('the answer of a function URL', () => {
  it('to HEAD has headers and no body', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [
        answering(
          'head',
          "{ statusCode: 200, headers: { 'x-method': event.requestContext.http.method }, body: 'not sent' }",
        ),
      ],
    });

    const response = await fetch(platform.url('head'), { method: 'HEAD' });

    expect([response.status, response.headers.get('x-method')]).toEqual([200, 'HEAD']);
    expect(await response.text()).toBe('');
    expect((await fetch(platform.url('head'))).headers.get('x-method')).toBe('GET');
  });

  // What the service answered for the value on the left.
  it.for([
    ["{ hello: 'world' }", '{"hello":"world"}'],
    ["['hello', 3, true]", '["hello",3,true]'],
    ["'hello'", 'hello'],
    ['3', '3'],
    ['3.1', '3.1'],
    ['true', 'true'],
  ] as const)('to a handler that returns %s is 200 %s', async ([expression, body], { expect }) => {
    const platform = await usePlatform({ functions: [answering('value', expression)] });

    const response = await fetch(platform.url('value'));

    expect(response.status).toBe(200);
    expect(await response.text()).toBe(body);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
  });

  it('has the status, headers and cookies of the function', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [
        answering(
          'full',
          `{ statusCode: 418, headers: { 'Content-Type': 'text/html; charset=utf-8', 'X-Number': 7, 'Content-Length': '9999', Connection: 'close' },
             cookies: ['a=1; HttpOnly', 'b=2'], body: '<p>ä</p>' }`,
        ),
      ],
    });

    const response = await fetch(platform.url('full'));

    expect(response.status).toBe(418);
    expect(await response.text()).toBe('<p>ä</p>');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-length')).toBe('9');
    expect(response.headers.get('x-number')).toBe('7');
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is 502 when the function gives what is no answer', async ({ expect }) => {
    const expressions = [
      "{ statusCode: 'many' }",
      '{ statusCode: 42 }',
      '{ statusCode: 200, body: { not: 1 } }',
      "{ statusCode: 200, headers: { 'bad name': 'x' } }",
    ];
    const functions = expressions.map((expression, i) => answering(`bad-${String(i)}`, expression));
    const platform = await usePlatform({ functions });

    for (const { name } of functions) {
      const response = await fetch(platform.url(name));
      expect(response.status, name).toBe(502);
      expect(await response.text()).toBe('Internal Server Error');
    }
  });

  it('of a throttled function is 429 with the reason', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [
        aNodeFunction('off', 'exports.handler = async () => 1;', {
          url,
          reservedConcurrentExecutions: 0,
        }),
      ],
    });

    const response = await fetch(platform.url('off'));

    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
  });

  it('carries 4 MB of bytes, and 413 stands for a body over 6 MB', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [
        answering(
          'size',
          "{ statusCode: 200, headers: { 'x-bytes': Buffer.from(event.body, 'base64').length }, body: event.body, isBase64Encoded: true }",
        ),
      ],
    });
    const post = (body: Uint8Array<ArrayBuffer>) =>
      fetch(platform.url('size'), { method: 'POST', body });
    // Base64 makes a third more of it: 4 MB become 5.6 MB, under the 6 MB of the event.
    const bytes = new Uint8Array(4 * 1024 * 1024).map((_, i) => (i * 31) % 256);

    const passed = await post(bytes);
    const refused = await post(new Uint8Array(7 * 1024 * 1024));

    expect(passed.headers.get('x-bytes')).toBe(String(bytes.length));
    expect(Buffer.from(await passed.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
    expect(refused.status).toBe(413);
  });

  it('carries 5 MB of text both ways', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [answering('text', '{ statusCode: 200, body: event.body }')],
    });
    const body = 'a line of text\n'.repeat(350_000);

    const response = await fetch(platform.url('text'), {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain' },
    });

    expect(response.status).toBe(200);
    expect((await response.text()) === body).toBe(true);
  });
});
