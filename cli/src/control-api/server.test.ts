import { request } from 'node:http';
import { describe, it } from 'vitest';
import { aLogRecord } from '../testing/observed-logs.ts';
import { type TestPlatform, usePlatform } from '../testing/use-platform.ts';
import { eventually } from '@mayfly/testkit';

const FUNCTIONS = '/apis/mayfly.dev/v1alpha1/namespaces/default/functions';

function aManifest(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Function',
    metadata: { name: 'hello' },
    spec: { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } },
    ...overrides,
  };
}

interface Answer {
  readonly code: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are looked into by tests
  readonly body: any;
}

async function send(
  platform: TestPlatform,
  ...[method, path, body]: [method: string, path: string, body?: unknown]
): Promise<Answer> {
  const response = await fetch(new URL(path, platform.url), {
    method,
    headers: {
      authorization: `Bearer ${platform.token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { code: response.status, body: await response.json() };
}

/** fetch sets Host itself. */
function statusWithHeaders(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request(new URL(FUNCTIONS, url), { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

describe('access to the control API', () => {
  it('is refused without the token of the control file', async ({ expect }) => {
    const { url } = await usePlatform();
    expect(await statusWithHeaders(url, {})).toBe(401);
    expect(await statusWithHeaders(url, { authorization: 'Bearer wrong' })).toBe(401);
    expect(await statusWithHeaders(url, { authorization: 'Basic eDp5' })).toBe(401);
  });

  it('is refused to a page whose name was rebound to this machine', async ({ expect }) => {
    const { url, token } = await usePlatform();
    const authorization = `Bearer ${token}`;
    expect(await statusWithHeaders(url, { authorization, host: 'evil.example:80' })).toBe(403);
    expect(await statusWithHeaders(url, { authorization, host: 'localhost:1234' })).toBe(200);
  });

  it('takes nothing but JSON', async ({ expect }) => {
    const { url, token } = await usePlatform();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const response = await fetch(new URL(FUNCTIONS, url), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
        body: JSON.stringify(aManifest()),
      });
      expect(response.status).toBe(415);
    }
  });
});

describe('objects of the control API', () => {
  it('are created, read, listed, changed and deleted', async ({ expect }) => {
    const platform = await usePlatform();
    const created = await send(platform, 'POST', FUNCTIONS, aManifest());
    expect(created).toMatchObject({ code: 201, body: { metadata: { generation: 1 } } });
    const spec = { ...created.body.spec, timeout: 9 };
    const put = await send(platform, 'PUT', `${FUNCTIONS}/hello`, { ...created.body, spec });
    expect(put).toMatchObject({ code: 200, body: { metadata: { generation: 2 } } });
    const one = await send(platform, 'GET', `${FUNCTIONS}/hello`);
    expect(one).toMatchObject({ code: 200, body: { spec: { timeout: 9 } } });
    const list = await send(platform, 'GET', FUNCTIONS);
    expect(list.body).toMatchObject({ kind: 'FunctionList', items: [one.body] });
    const gone = await send(platform, 'DELETE', `${FUNCTIONS}/hello`);
    expect(gone).toMatchObject({ code: 200, body: { kind: 'Status', status: 'Success' } });
    expect((await send(platform, 'GET', `${FUNCTIONS}/hello`)).code).toBe(404);
  });

  it('keep their status when a client sends another', async ({ expect }) => {
    const platform = await usePlatform();
    const { body } = await send(platform, 'POST', FUNCTIONS, aManifest());
    const put = await send(platform, 'PUT', `${FUNCTIONS}/hello`, {
      ...body,
      status: { state: 'Active' },
    });
    expect(put.body.status?.state).toBeUndefined();
  });

  it('answer 404 with a Status for what does not exist', async ({ expect }) => {
    const platform = await usePlatform();
    const failure = { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 };
    const paths = [
      `${FUNCTIONS}/absent`,
      FUNCTIONS.replace('functions', 'gadgets'),
      FUNCTIONS.replace('default', 'other'),
      '/elsewhere',
    ];
    for (const path of paths) {
      expect(await send(platform, 'GET', path)).toMatchObject({ code: 404, body: failure });
    }
    expect((await send(platform, 'DELETE', `${FUNCTIONS}/absent`)).code).toBe(404);
    expect((await send(platform, 'PUT', `${FUNCTIONS}/hello`, aManifest())).code).toBe(404);
  });

  it('answer 409 for a second creation and for an old resourceVersion', async ({ expect }) => {
    const platform = await usePlatform();
    const { body } = await send(platform, 'POST', FUNCTIONS, aManifest());
    const second = await send(platform, 'POST', FUNCTIONS, aManifest());
    expect(second).toMatchObject({ code: 409, body: { reason: 'AlreadyExists' } });
    const spec = { ...body.spec, timeout: 9 };
    await send(platform, 'PUT', `${FUNCTIONS}/hello`, { ...body, spec });
    const old = await send(platform, 'PUT', `${FUNCTIONS}/hello`, body);
    expect(old).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
  });

  it('answer 422 with every mistake of a spec', async ({ expect }) => {
    const platform = await usePlatform();
    const spec = {
      runtime: 'nodejs24.x',
      handler: 'a.b',
      code: { inline: '' },
      timeout: 1000,
      tiemout: 1,
    };
    const { code, body } = await send(platform, 'POST', FUNCTIONS, aManifest({ spec }));
    expect(code).toBe(422);
    expect(body.details.causes.map((cause: { field: string }) => cause.field).toSorted()).toEqual([
      'spec.tiemout',
      'spec.timeout',
    ]);
  });

  it.for([
    ['another kind', { kind: 'Alias' }, 'kind'],
    ['another group', { apiVersion: 'v1' }, 'apiVersion'],
    [
      'another namespace',
      { metadata: { name: 'hello', namespace: 'other' } },
      'metadata.namespace',
    ],
    ['a name that is none', { metadata: { name: 'No_Name' } }, 'metadata.name'],
    ['no metadata', { metadata: undefined }, 'metadata'],
  ] as const)('answer 422 for %s', async ([, overrides, field], { expect }) => {
    const platform = await usePlatform();
    const { code, body } = await send(platform, 'POST', FUNCTIONS, aManifest(overrides));
    expect(code).toBe(422);
    expect(body.details.causes).toEqual([expect.objectContaining({ field })]);
  });

  it('answer 422 for an update without a resourceVersion or of an immutable field', async ({
    expect,
  }) => {
    const platform = await usePlatform();
    const { body } = await send(platform, 'POST', FUNCTIONS, aManifest());
    const blind = await send(platform, 'PUT', `${FUNCTIONS}/hello`, aManifest());
    expect(blind.body.details.causes[0].field).toBe('metadata.resourceVersion');
    const spec = { ...body.spec, functionName: 'Other' };
    const renamed = await send(platform, 'PUT', `${FUNCTIONS}/hello`, { ...body, spec });
    expect(renamed).toMatchObject({ code: 422 });
    expect(renamed.body.details.causes[0].field).toBe('spec.functionName');
  });

  it('answer 400 for a body that is no JSON object', async ({ expect }) => {
    const platform = await usePlatform();
    for (const body of ['{', '[', '3', 'null']) {
      expect((await send(platform, 'POST', FUNCTIONS, body)).code, body).toBe(400);
    }
  });

  it('answer 413 for a body over 4 MiB', async ({ expect }) => {
    const platform = await usePlatform();
    const body = JSON.stringify('x'.repeat(4 * 1024 * 1024));
    expect((await send(platform, 'POST', FUNCTIONS, body)).code).toBe(413);
  });

  it('answer 500 without details and tell the platform when the store breaks', async ({
    expect,
  }) => {
    const platform = await usePlatform();
    platform.store.close();
    const { code, body } = await send(platform, 'GET', FUNCTIONS);
    expect({ code, reason: body.reason }).toEqual({ code: 500, reason: 'InternalError' });
    expect(platform.faults).toHaveLength(1);
  });
});

describe('the log route', () => {
  const LOG = '/api/v1/namespaces/default/functions/hello/log';

  it('ends the streams of its followers when the server closes', async ({ expect }) => {
    const platform = await usePlatform();
    await send(platform, 'POST', FUNCTIONS, aManifest());
    const response = await fetch(new URL(`${LOG}?follow=true`, platform.url), {
      headers: { authorization: `Bearer ${platform.token}` },
    });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    await eventually(() => {
      expect(platform.logs.followers).toHaveLength(1);
    });
    platform.logs.append([aLogRecord({ message: 'last words' })]);
    await platform.close();
    expect(platform.logs.followers[0]?.aborted).toBe(true);
    await response.text().catch(() => undefined);
  });

  it('stops following when the client leaves', async ({ expect }) => {
    const platform = await usePlatform();
    await send(platform, 'POST', FUNCTIONS, aManifest());
    const leaving = new AbortController();
    await fetch(new URL(`${LOG}?follow=true`, platform.url), {
      headers: { authorization: `Bearer ${platform.token}` },
      signal: leaving.signal,
    });
    leaving.abort();
    await eventually(() => {
      expect(platform.logs.followers[0]?.aborted).toBe(true);
    });
  });

  it('refuses a tail that is no number', async ({ expect }) => {
    const platform = await usePlatform();
    expect((await send(platform, 'GET', `${LOG}?tailLines=all`)).code).toBe(400);
    expect((await send(platform, 'GET', LOG)).code).toBe(404);
  });
});
