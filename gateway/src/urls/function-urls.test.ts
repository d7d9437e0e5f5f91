import { request as httpRequest } from 'node:http';
import { describe, it, onTestFinished } from 'vitest';
import type { FunctionSpec } from '@mayfly/api';
import { makeUrlId } from '@mayfly/core';
import { eventually } from '@mayfly/testkit';
import { answerWith, type AgentHandler } from '../testing/fake-agent.ts';
import { startGatewayBed, type GatewayBed } from '../testing/gateway-bed.ts';
import { anAlias, aVersion } from '../testing/qualified.ts';
import { aServedFunction } from '../testing/served-function.ts';

const URL_SPEC = { authType: 'NONE', invokeMode: 'BUFFERED' } as const;
const PATH = '/url/default/hello';

function useBed(agent: AgentHandler, url?: FunctionSpec['url']): Promise<GatewayBed> {
  return startGatewayBed({
    functions: [aServedFunction({ spec: { url } }), aServedFunction({ name: 'closed' })],
    agent,
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
  });
}

function gives(value: unknown): AgentHandler {
  return answerWith(JSON.stringify(value));
}

const get = (bed: GatewayBed, path = PATH, init?: RequestInit): Promise<Response> =>
  fetch(`${bed.gateway.url}${path}`, init);

/** Status of the answer at that host. */
async function getByHost(bed: GatewayBed, host: string, path = '/'): Promise<number> {
  const { port } = bed.gateway;
  const { promise, resolve } = Promise.withResolvers<number>();
  const headers = { host: `${host}:${port.toString()}` };
  httpRequest({ port, path, headers }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  }).end();
  return promise;
}

function eventOf(bed: GatewayBed): Record<string, unknown> {
  return JSON.parse(bed.agent.requests.at(-1)?.body ?? '') as Record<string, unknown>;
}

describe('a function URL', () => {
  // Recorded from AWS: the value, the body, always 200 with application/json.
  it.for([
    [{ hello: 'world' }, '{"hello":"world"}'],
    [['hello', 3, true], '["hello",3,true]'],
    ['hello', 'hello'],
    [3, '3'],
    [3.1, '3.1'],
    [true, 'true'],
    [{ statusCode: 200, body: 'body123' }, 'body123'],
    [{ statusCode: 200, body: '{"hello": "world"}' }, '{"hello": "world"}'],
  ] as const)('answers for the value %j', async ([value, body], { expect }) => {
    const bed = await useBed(gives(value), URL_SPEC);
    const response = await get(bed);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('content-length')).toBe(body.length.toString());
    expect(await response.text()).toBe(body);
  });

  it('takes status, headers, cookies and bytes from the function', async ({ expect }) => {
    const bytes = Buffer.from([0, 255, 128]);
    const value = {
      statusCode: 201,
      headers: {
        'Content-Type': 'image/png',
        'X-Multi': ['a', 'b'],
        Connection: 'close',
        'x-n': 1,
      },
      cookies: ['a=1', 'b=2; Path=/'],
      body: bytes.toString('base64'),
      isBase64Encoded: true,
    };
    const response = await get(await useBed(gives(value), URL_SPEC));
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('x-multi')).toBe('a, b');
    expect(response.headers.get('x-n')).toBe('1');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2; Path=/']);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });

  it('gives the handler the request in format 2.0', async ({ expect }) => {
    const bed = await useBed(gives('ok'), URL_SPEC);
    await get(bed, `${PATH}/a%20b/c?x=1&y=%20z&x=2`, {
      method: 'PUT',
      body: 'héllo',
      headers: { 'content-type': 'text/plain', cookie: 'a=1; b=2', 'X-Thing': 'v' },
    });
    expect(eventOf(bed)).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/a%20b/c',
      rawQueryString: 'x=1&y=%20z&x=2',
      queryStringParameters: { x: '1,2', y: ' z' },
      cookies: ['a=1', 'b=2'],
      headers: { 'x-thing': 'v', 'content-type': 'text/plain', 'x-forwarded-proto': 'http' },
      requestContext: {
        accountId: 'anonymous',
        apiId: makeUrlId('default', 'hello'),
        http: { method: 'PUT', path: '/a%20b/c', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
        routeKey: '$default',
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: 'héllo',
      isBase64Encoded: false,
    });
    expect(eventOf(bed)['headers']).not.toHaveProperty('cookie');
  });

  it.for([
    ['application/json', '{}', false],
    ['application/vnd.api+json; charset=utf-8', '{}', false],
    ['application/x-www-form-urlencoded', 'a=1', true],
    ['application/octet-stream', 'x', true],
    ['no type at all;;', 'x', true],
  ] as const)('encodes a body of %s: %s → %s', async ([type, body, isBase64], { expect }) => {
    const bed = await useBed(gives('ok'), URL_SPEC);
    const headers = { 'content-type': type };
    const response = await get(bed, PATH, { method: 'POST', body, headers });
    expect(response.status).toBe(200);
    expect(eventOf(bed)).toMatchObject({
      isBase64Encoded: isBase64,
      body: isBase64 ? Buffer.from(body).toString('base64') : body,
    });
  });

  it.for(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'serves %s',
    async (method, { expect }) => {
      const bed = await useBed(gives({ statusCode: 200, body: 'x' }), URL_SPEC);
      const response = await get(bed, PATH, { method });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(method === 'HEAD' ? '' : 'x');
      expect(eventOf(bed)).toMatchObject({ rawPath: '/', requestContext: { http: { method } } });
    },
  );

  it('is reached by its host, whatever the path', async ({ expect }) => {
    const bed = await useBed(gives('by host'), URL_SPEC);
    const host = `${makeUrlId('default', 'hello')}.lambda-url.us-east-1.localhost`;
    expect(await getByHost(bed, host, '/2015-03-31/functions/hello/invocations?a=b')).toBe(200);
    expect(eventOf(bed)).toMatchObject({
      rawPath: '/2015-03-31/functions/hello/invocations',
      rawQueryString: 'a=b',
      requestContext: { domainName: host, domainPrefix: makeUrlId('default', 'hello') },
    });
  });

  it.for(['/url/default/closed', '/url/default/nobody', '/url/other/hello'])(
    'is forbidden at %s',
    async (path, { expect }) => {
      const response = await get(await useBed(gives('x'), URL_SPEC), path);
      expect(response.status).toBe(403);
      expect(await response.json()).toEqual({ Message: 'Forbidden' });
    },
  );

  it('answers 502 when the function fails or gives something that is no answer', async ({
    expect,
  }) => {
    const bad: AgentHandler[] = [
      answerWith('{"errorType":"Error"}', { 'x-amz-function-error': 'Unhandled' }),
      answerWith('no json'),
      gives({ statusCode: 'often' }),
      gives({ statusCode: 100 }),
      gives({ statusCode: 200, body: { a: 1 } }),
      gives({ statusCode: 200, headers: { 'bad name': 'x' } }),
      gives({ statusCode: 200, headers: { x: 'a\nb' } }),
      gives({ statusCode: 200, headers: 'x' }),
      gives({ statusCode: 200, cookies: 'x' }),
    ];
    for (const agent of bad) {
      const response = await get(await useBed(agent, URL_SPEC));
      expect(response.status).toBe(502);
      expect(await response.text()).toBe('Internal Server Error');
    }
  });

  it('refuses a body over 6 MB', async ({ expect }) => {
    const bed = await useBed(gives('x'), URL_SPEC);
    const body = Buffer.alloc(7 * 1024 * 1024);
    expect((await get(bed, PATH, { method: 'POST', body })).status).toBe(413);
    expect((await get(bed)).status).toBe(200);
  });

  it('of an alias that has none is forbidden, whatever the function has', async ({ expect }) => {
    const bed = await useBed(gives('x'), URL_SPEC);
    bed.store.put(aVersion('one', { version: 1 }));
    bed.store.put(anAlias({ functionVersion: '1' }));
    expect((await get(bed, `${PATH}:live`)).status).toBe(403);
    expect((await get(bed, `${PATH}:$LATEST`)).status).toBe(200);
  });

  it('of an alias leads to its version, by path and by host', async ({ expect }) => {
    const bed = await useBed(gives('x'));
    bed.store.put(aVersion('one', { version: 1 }));
    bed.store.put(anAlias({ functionVersion: '1', url: URL_SPEC }));
    await eventually(async () => {
      expect((await get(bed, `${PATH}:live`)).status).toBe(200);
    });
    expect((await get(bed, PATH)).status).toBe(403);
    const { headers } = bed.agent.requests.at(-1) ?? {};
    expect(headers?.['x-mayfly-invoked-function-arn']).toMatch(/:live$/);
    const host = `${makeUrlId('default', 'hello', 'live')}.lambda-url.us-east-1.localhost`;
    expect(await getByHost(bed, host)).toBe(200);
  });
});

describe('CORS', () => {
  const cors = {
    allowCredentials: false,
    allowOrigins: ['https://a.example', 'https://*.b.example'],
    allowMethods: ['GET'],
    allowHeaders: ['x-one', 'x-two'],
    exposeHeaders: ['x-out'],
    maxAge: 60,
  };
  const preflight = (origin: string): RequestInit => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'GET' },
  });

  it('answers a preflight by itself', async ({ expect }) => {
    const bed = await useBed(gives('x'), { ...URL_SPEC, cors });
    const response = await get(bed, PATH, preflight('https://x.b.example'));
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://x.b.example',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'x-one,x-two',
      'access-control-max-age': '60',
      vary: 'Origin',
    });
    expect(bed.agent.requests).toEqual([]);
  });

  it('says nothing to an origin that may not call', async ({ expect }) => {
    const bed = await useBed(gives('x'), { ...URL_SPEC, cors });
    const response = await get(bed, PATH, preflight('https://evil.example'));
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('replaces what the function says of origins', async ({ expect }) => {
    const value = {
      statusCode: 200,
      headers: { 'Access-Control-Allow-Origin': '*', vary: 'Accept' },
    };
    const bed = await useBed(gives(value), { ...URL_SPEC, cors });
    const response = await get(bed, PATH, { headers: { origin: 'https://a.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://a.example');
    expect(response.headers.get('access-control-expose-headers')).toBe('x-out');
    expect(response.headers.get('vary')).toBe('Accept, Origin');
  });

  it('echoes the origin instead of * when credentials may be sent', async ({ expect }) => {
    const rules = { ...cors, allowOrigins: ['*'], allowCredentials: true };
    const bed = await useBed(gives('x'), { ...URL_SPEC, cors: rules });
    const response = await get(bed, PATH, { headers: { origin: 'https://c.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBe('https://c.example');
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  it('leaves preflights to the function when the URL has no rules', async ({ expect }) => {
    const bed = await useBed(gives({ statusCode: 204 }), URL_SPEC);
    expect((await get(bed, PATH, preflight('https://a.example'))).status).toBe(204);
    expect(bed.agent.requests).toHaveLength(1);
  });
});
