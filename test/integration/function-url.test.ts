import { request } from 'node:http';
import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../helpers/platform.ts';

const url = { authType: 'NONE' };
const ECHO = aNodeFunction('echo', 'exports.handler = async (event) => event;', { url });

/** GET with a Host header, which fetch does not let a test choose. */
async function getByHost(gatewayUrl: string, host: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = request(`${gatewayUrl}/some/path?q=1`, { headers: { host } }, (response) => {
    let body = '';
    response.on('data', (chunk) => (body += String(chunk)));
    response.on('end', () => {
      resolve(body);
    });
  });
  call.on('error', reject);
  call.end();
  return promise;
}

describe('a function URL', () => {
  it('hands over the request in payload format 2.0', async ({ expect }) => {
    const platform = await usePlatform({ functions: [ECHO] });

    const response = await fetch(`${platform.url('echo')}a/b?x=1&x=2`, {
      method: 'PUT',
      body: '{"k":"v"}',
      headers: { 'content-type': 'application/json', cookie: 'a=1; b=2', 'x-custom': 'yes' },
    });

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      version: '2.0',
      rawPath: '/a/b',
      rawQueryString: 'x=1&x=2',
      cookies: ['a=1', 'b=2'],
      queryStringParameters: { x: '1,2' },
      headers: { 'x-custom': 'yes' },
      requestContext: { http: { method: 'PUT', path: '/a/b' }, routeKey: '$default' },
      body: '{"k":"v"}',
      isBase64Encoded: false,
    });
  });

  it('is reached by the host that the status names', async ({ expect }) => {
    const platform = await usePlatform({ functions: [ECHO] });
    const shown = (await platform.get('echo'))?.status?.url ?? '';
    const { port } = new URL(platform.gatewayUrl);

    const body = await getByHost(platform.gatewayUrl, new URL(shown).host);

    expect(shown).toMatch(
      new RegExp(`^http://[a-z0-9-]+\\.lambda-url\\.us-east-1\\.localhost:${port}/$`),
    );
    expect(JSON.parse(body)).toMatchObject({ rawPath: '/some/path', rawQueryString: 'q=1' });
  });

  it('carries bytes both ways', async ({ expect }) => {
    const source = `exports.handler = async (event) => ({
      statusCode: 201, isBase64Encoded: true, body: event.body,
      headers: { 'content-type': 'application/octet-stream', 'x-was-base64': String(event.isBase64Encoded) },
      cookies: ['a=1; Path=/', 'b=2'],
    });`;
    const platform = await usePlatform({ functions: [aNodeFunction('bytes', source, { url })] });
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);

    const response = await fetch(platform.url('bytes'), {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/octet-stream' },
    });

    expect(response.status).toBe(201);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(response.headers.get('x-was-base64')).toBe('true');
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
  });

  it('answers a preflight itself and sets the CORS headers of the configuration', async ({
    expect,
  }) => {
    const cors = {
      allowOrigins: ['https://app.example'],
      allowMethods: ['POST'],
      allowHeaders: ['x-a'],
      maxAge: 60,
    };
    const platform = await usePlatform({
      functions: [
        aNodeFunction('cors', "exports.handler = async () => 'called';", {
          url: { authType: 'NONE', cors },
        }),
      ],
    });
    const origin = 'https://app.example';

    const preflight = await fetch(platform.url('cors'), {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    const called = await fetch(platform.url('cors'), { method: 'POST', headers: { origin } });

    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-max-age')).toBe('60');
    expect(await preflight.text()).not.toContain('called');
    expect(await called.text()).toBe('called');
    expect(called.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('answers 502 for a function that fails and 403 where there is no URL', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [
        aNodeFunction('fails', "exports.handler = async () => { throw new Error('x'); };", { url }),
        aNodeFunction('hidden', 'exports.handler = async () => 1;'),
      ],
    });

    expect((await fetch(platform.url('fails'))).status).toBe(502);
    expect((await fetch(platform.url('hidden'))).status).toBe(403);
  });
});
