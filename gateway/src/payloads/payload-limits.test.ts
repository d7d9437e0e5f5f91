import { request as httpRequest, type ClientRequest, type ServerResponse } from 'node:http';
import { describe, it, onTestFinished, type ExpectStatic } from 'vitest';
import { eventually } from '@mayfly/testkit';
import { DEFAULT_CONFIG } from '../config.ts';
import {
  startGatewayBed,
  type GatewayBed,
  type GatewayBedOptions,
} from '../testing/gateway-bed.ts';
import { GatewayGroup } from '../testing/gateway-group.ts';
import { aServedFunction } from '../testing/served-function.ts';

const MiB = 1024 * 1024;
const LARGE = JSON.stringify('x'.repeat(MiB));
const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };
const INVOKE_PATH = '/2015-03-31/functions/hello/invocations';
/** Three large ones are room for three quarters; a fourth one is not taken. */
const CONFIG = {
  queue: { ...DEFAULT_CONFIG.queue, maxBytes: 4 * (MiB + 64 * 1024) },
  maxPayloadBytes: 2 * MiB,
};
const FUNCTIONS = [aServedFunction({ spec: { url: { authType: 'NONE' } as never } })];

const onFinished = (cleanUp: () => Promise<void>): void => {
  onTestFinished(cleanUp);
};

function useBed(options: Partial<GatewayBedOptions> = {}): Promise<GatewayBed> {
  return startGatewayBed({ functions: FUNCTIONS, config: CONFIG, onFinished, ...options });
}

async function heldBytes({ registry }: Pick<GatewayBed, 'registry'>): Promise<number> {
  const found = /^mayfly_waiting_payload_bytes (\d+)$/m.exec(await registry.metrics());
  return Number(found?.[1]);
}

/** Sends headers and what is written, and never ends. */
function startUpload(
  { gateway }: GatewayBed,
  headers: Record<string, string>,
): { readonly upload: ClientRequest; readonly status: Promise<number | undefined> } {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const upload = httpRequest(
    { port: gateway.port, host: '127.0.0.1', path: INVOKE_PATH, method: 'POST', headers },
    (response) => {
      response.resume();
      resolve(response.statusCode);
    },
  );
  upload.on('error', () => {
    resolve(undefined);
  });
  onTestFinished(() => {
    upload.destroy();
  });
  upload.flushHeaders();
  return { upload, status: promise };
}

async function useFullBed(expect: ExpectStatic): Promise<{
  readonly bed: GatewayBed;
  readonly waiting: Promise<Response[]>;
}> {
  const bed = await useBed({ grants: false });
  const waiting = Promise.all([1, 2, 3].map(() => bed.invoke('hello', { body: LARGE })));
  await eventually(async () => {
    expect(await heldBytes(bed)).toBe(3 * LARGE.length);
  });
  return { bed, waiting };
}

describe('payloads that wait', () => {
  it('are refused with 503 when there is no room for them, until others are served', async ({
    expect,
  }) => {
    const { bed, waiting } = await useFullBed(expect);
    const refused = await bed.invoke('hello', { body: LARGE });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(refused.headers.get('x-amzn-errortype')).toBe('ServiceUnavailableException');
    expect(await refused.text()).toContain('holds as many bytes of payloads as it may');
    expect(await heldBytes(bed)).toBe(3 * LARGE.length);
    bed.operator.grant(KEY, bed.agent.address);
    expect((await waiting).map(({ status }) => status)).toEqual([200, 200, 200]);
    await eventually(async () => {
      expect(await heldBytes(bed)).toBe(0);
    });
    expect((await bed.invoke('hello', { body: LARGE })).status).toBe(200);
  });

  it('do not shut out small ones, nor calls without any', async ({ expect }) => {
    const { bed, waiting } = await useFullBed(expect);
    const small = [
      bed.invoke('hello', { body: '{}' }),
      fetch(`${bed.gateway.url}/url/default/hello`),
    ];
    await eventually(async () => {
      expect(await bed.registry.metrics()).toContain('mayfly_queued_invocations 5');
    });
    bed.operator.grant(KEY, bed.agent.address);
    await waiting;
    expect((await Promise.all(small)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('count as the event that is made of them at a function URL', async ({ expect }) => {
    const bed = await useBed({ grants: false });
    const url = `${bed.gateway.url}/url/default/hello`;
    const body = Buffer.alloc(MiB);
    const call = (): Promise<Response> => fetch(url, { method: 'POST', body });
    const waiting = Promise.all([call(), call()]);
    await eventually(async () => {
      // In base64.
      expect(await heldBytes(bed)).toBeGreaterThan((2 * 4 * MiB) / 3);
    });
    const refused = await call();
    expect([refused.status, await refused.text()]).toEqual([
      503,
      '{"Message":"Service Unavailable"}',
    ]);
    bed.operator.grant(KEY, bed.agent.address);
    expect((await waiting).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('count to the end of what runs with them, whoever goes', async ({ expect }) => {
    const held: ServerResponse[] = [];
    const bed = await useBed({ agent: (_request, response) => held.push(response) });
    const client = new AbortController();
    const gone = bed.invoke('hello', { body: LARGE, signal: client.signal }).catch(() => 'gone');
    await eventually(() => {
      expect(held).toHaveLength(1);
    });
    client.abort();
    expect([await gone, await heldBytes(bed)]).toEqual(['gone', LARGE.length]);
    held[0]?.writeHead(200).end('1');
    await eventually(async () => {
      expect(await heldBytes(bed)).toBe(0);
    });
  });
});

describe('payloads that come in slowly', () => {
  it('count with what has come, not with what is announced, and until their callers go', async ({
    expect,
  }) => {
    const bed = await useBed();
    const uploads = Array.from({ length: 20 }, () =>
      startUpload(bed, { 'content-length': MiB.toString() }),
    );
    for (const { upload } of uploads) upload.write('"'.padEnd(100_000, 'x'));
    await eventually(async () => {
      expect(await heldBytes(bed)).toBeGreaterThanOrEqual(20 * 100_000);
    });
    expect((await bed.invoke('hello', { body: LARGE })).status).toBe(200);
    for (const { upload } of uploads) upload.destroy();
    await eventually(async () => {
      expect(await heldBytes(bed)).toBe(0);
    });
  });

  it('are dropped, and refused at their end, when together they become too many', async ({
    expect,
  }) => {
    const bed = await useBed();
    const uploads = Array.from({ length: 20 }, () =>
      startUpload(bed, { 'content-length': MiB.toString() }),
    );
    for (const { upload } of uploads) upload.end('"'.padEnd(MiB - 1, 'x') + '"');
    const statuses = await Promise.all(uploads.map(({ status }) => status));
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    await eventually(async () => {
      expect(await heldBytes(bed)).toBe(0);
    });
  });

  it('count with the cost of their pieces', async ({ expect }) => {
    const bed = await useBed();
    const { upload } = startUpload(bed, {});
    for (let piece = 0; piece < 1000; piece += 1) upload.write('x');
    await eventually(async () => {
      expect(await heldBytes(bed)).toBeGreaterThan(500_000);
    });
  });
});

describe('payloads of other gateways', () => {
  it('are refused by a home that is full, and nobody else runs them', async ({ expect }) => {
    const group = await GatewayGroup.start({
      functions: FUNCTIONS,
      grants: false,
      config: CONFIG,
      onFinished,
    });
    const { home, others } = group.ranked();
    const [other = home] = others;
    const waiting = [1, 2, 3].map(() => home.invoke('hello', { body: LARGE }));
    await eventually(async () => {
      expect(await heldBytes(home)).toBe(3 * LARGE.length);
    });
    const refused = await other.invoke('hello', { body: LARGE });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(other.operator.of('demand')).toEqual([]);
    home.operator.grant(KEY, group.agent.address);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
    const forwarded = await other.invoke('hello', { body: LARGE });
    expect(forwarded.status).toBe(200);
    for (const gateway of [home, other]) {
      await eventually(async () => {
        expect(await heldBytes(gateway)).toBe(0);
      });
    }
  });
});
