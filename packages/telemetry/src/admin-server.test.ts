import { describe, it, onTestFinished } from 'vitest';
import { buildAdminServer, startAdminServer } from './admin-server.ts';
import type { AdminServer, AdminServerOptions } from './admin-server.ts';
import { Counter, makeRegistry } from './registry.ts';

async function useAdminServer(overrides: Partial<AdminServerOptions> = {}): Promise<AdminServer> {
  const server = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    registry: makeRegistry(),
    isReady: () => true,
    ...overrides,
  });
  onTestFinished(() => server.close());
  return server;
}

describe('admin server', () => {
  it('answers probes and metrics on its port', async ({ expect }) => {
    const registry = makeRegistry();
    new Counter({ name: 'mayfly_test_total', help: 'Of a test.', registers: [registry] }).inc();
    const { port } = await useAdminServer({ registry });
    const texts = await Promise.all(
      ['healthz', 'readyz', 'metrics'].map(async (path) =>
        (await fetch(`http://127.0.0.1:${port.toString()}/${path}`)).text(),
      ),
    );
    expect(texts.slice(0, 2)).toEqual(['ok\n', 'ok\n']);
    expect(texts[2]).toContain('mayfly_test_total 1');
  });

  it('is healthy and not ready while the program takes no work', async ({ expect }) => {
    let isReady = false;
    const server = buildAdminServer({ registry: makeRegistry(), isReady: () => isReady });
    expect((await server.inject('/healthz')).statusCode).toBe(200);
    expect((await server.inject('/readyz')).statusCode).toBe(503);
    isReady = true;
    expect((await server.inject('/readyz')).statusCode).toBe(200);
  });

  it('answers 404 to other paths', async ({ expect }) => {
    const server = buildAdminServer({ registry: makeRegistry(), isReady: () => true });
    expect((await server.inject('/')).statusCode).toBe(404);
  });

  it('closes twice without harm, and with a kept-alive client', async ({ expect }) => {
    const server = await useAdminServer();
    await (await fetch(`http://127.0.0.1:${server.port.toString()}/healthz`)).text();
    await server.close();
    await server.close();
    await expect(fetch(`http://127.0.0.1:${server.port.toString()}/healthz`)).rejects.toThrow();
  });

  it('names the address when the port is taken', async ({ expect }) => {
    const { port } = await useAdminServer();
    await expect(useAdminServer({ port })).rejects.toThrow(
      `listening on admin port 127.0.0.1:${port.toString()}`,
    );
  });
});

describe('makeRegistry', () => {
  it('is empty, or holds the metrics of the process', async ({ expect }) => {
    expect(await makeRegistry().metrics()).toBe('\n');
    expect(await makeRegistry({ processMetrics: true }).metrics()).toContain(
      'process_resident_memory_bytes',
    );
  });
});
