import { Client, status } from '@grpc/grpc-js';
import type { GatewayEvent } from '@mayfly/core';
import { aHello, describeFleetLink, eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { CONNECT_METHOD } from './connect-method.ts';
import { makeGatewayFrame } from './gateway-frames.ts';
import type { GrpcFleetLink } from './grpc-fleet-link.ts';
import type { GrpcFleetLinkServer } from './grpc-fleet-link-server.ts';
import { makeLink, makeServer } from './testing/grpc-link-fixture.ts';
import { startSwitchingProxy, type SwitchingProxy } from './testing/switching-proxy.ts';
import { FakeTlsSource, makeTestAuthority, type TestAuthority } from './testing/test-authority.ts';
import { makeClientCredentials, type TlsMaterial } from './tls.ts';

interface World {
  readonly authority: TestAuthority;
  readonly server: GrpcFleetLinkServer;
  readonly serverTls: FakeTlsSource;
  readonly clientTls: FakeTlsSource;
  readonly proxy: SwitchingProxy;
  readonly port: number;
  readonly events: GatewayEvent[];
}

async function makeWorld(maxBufferedFrames?: number): Promise<World & { close(): Promise<void> }> {
  const authority = await makeTestAuthority();
  const serverTls = new FakeTlsSource(await authority.issue('serverAuth'));
  const clientTls = new FakeTlsSource(await authority.issue('clientAuth'));
  const server = makeServer(maxBufferedFrames);
  const port = await server.listen({ host: '127.0.0.1', port: 0, tls: serverTls });
  const proxy = await startSwitchingProxy();
  proxy.switchTo(port);
  const events: GatewayEvent[] = [];
  server.onEvent((event) => events.push(event));
  return {
    ...{ authority, server, serverTls, clientTls, proxy, port, events },
    async close() {
      proxy.close();
      await server.close();
    },
  };
}

async function useWorld(maxBufferedFrames?: number): Promise<World> {
  const world = await makeWorld(maxBufferedFrames);
  onTestFinished(() => world.close());
  return world;
}

async function connect({ clientTls, proxy }: World): Promise<GrpcFleetLink> {
  const link = makeLink(clientTls, proxy.port);
  onTestFinished(() => link.close());
  link.open(() => aHello('g1'));
  await eventually(() => {
    if (!link.isOpen) throw new Error('closed');
  });
  return link;
}

function kinds(events: readonly GatewayEvent[]): string[] {
  return events.map(({ kind }) => kind);
}

function rawClient({ port }: World, material: TlsMaterial): Client {
  const client = new Client(`127.0.0.1:${port.toString()}`, makeClientCredentials(material), {
    'grpc.ssl_target_name_override': 'localhost',
  });
  onTestFinished(() => {
    client.close();
  });
  return client;
}

describeFleetLink('gRPC', async () => {
  const { server, clientTls, proxy, port, close } = await makeWorld();
  return {
    server,
    makeGateway: () => makeLink(clientTls, proxy.port),
    cut: () => {
      proxy.switchTo(undefined);
      proxy.breakConnections();
    },
    mend: () => {
      proxy.switchTo(port);
    },
    close,
  };
});

describe('the gRPC link when the leader changes', () => {
  it('goes to the new one', async ({ expect }) => {
    const world = await useWorld();
    const link = await connect(world);
    const next = makeServer();
    onTestFinished(() => next.close());
    const heard: GatewayEvent[] = [];
    next.onEvent((event) => heard.push(event));
    await world.server.close();
    await eventually(() => {
      expect(link.isOpen).toBe(false);
    });
    world.proxy.switchTo(await next.listen({ host: '127.0.0.1', port: 0, tls: world.serverTls }));
    await eventually(() => {
      expect(link.isOpen).toBe(true);
      expect(kinds(heard)).toEqual(['connected']);
    });
    expect(kinds(world.events)).toEqual(['connected', 'disconnected']);
  });

  it('is noticed by both ends when the network is silent', async ({ expect }) => {
    const world = await useWorld();
    const link = await connect(world);
    const startMs = performance.now();
    world.proxy.freeze();
    await eventually(
      () => {
        expect(kinds(world.events)).toContain('disconnected');
        expect(kinds(world.events).filter((kind) => kind === 'connected')).toHaveLength(2);
        expect(link.isOpen).toBe(true);
      },
      { timeoutMs: 18_000 },
    );
    expect(performance.now() - startMs).toBeLessThan(16_000);
  });

  it('listens again after it was closed', async ({ expect }) => {
    const world = await useWorld();
    const link = await connect(world);
    await world.server.close();
    await world.server.close();
    const { server, serverTls } = world;
    world.proxy.switchTo(await server.listen({ host: '127.0.0.1', port: 0, tls: serverTls }));
    await eventually(() => {
      expect(kinds(world.events)).toEqual(['connected', 'disconnected', 'connected']);
      expect(link.isOpen).toBe(true);
    });
    await expect(server.listen({ host: '127.0.0.1', port: 0, tls: serverTls })).rejects.toThrow();
  });
});

describe('the gRPC link and certificates', () => {
  it('refuses whom its authority does not know', async ({ expect }) => {
    const world = await useWorld();
    const stranger = await (await makeTestAuthority()).issue('clientAuth');
    const { caCertificate } = world.authority;
    const link = makeLink(
      new FakeTlsSource({ ...stranger, caCertificates: caCertificate }),
      world.port,
    );
    onTestFinished(() => link.close());
    const impostor = makeLink(
      new FakeTlsSource(await world.authority.issue('serverAuth')),
      world.port,
    );
    onTestFinished(() => impostor.close());
    link.open(() => aHello('stranger'));
    impostor.open(() => aHello('impostor'));
    await connect(world);
    expect([link.isOpen, impostor.isOpen]).toEqual([false, false]);
    expect(kinds(world.events)).toEqual(['connected']);
  });

  it('keeps a live link while both ends get new certificates of a new authority', async ({
    expect,
  }) => {
    const world = await useWorld();
    const link = await connect(world);
    const next = await makeTestAuthority();
    const both = world.authority.caCertificate + next.caCertificate;
    const reissue = async (authority: TestAuthority): Promise<void> => {
      const client = await authority.issue('clientAuth');
      const server = await authority.issue('serverAuth');
      world.clientTls.replace({ ...client, caCertificates: both });
      world.serverTls.replace({ ...server, caCertificates: both });
    };
    await reissue(world.authority);
    await reissue(next);
    link.send({ kind: 'draining' });
    await eventually(() => {
      expect(kinds(world.events)).toEqual(['connected', 'message']);
    });
    world.proxy.breakConnections();
    await eventually(() => {
      expect(kinds(world.events)).toEqual(['connected', 'message', 'disconnected', 'connected']);
      expect(link.isOpen).toBe(true);
    });
    const old = await world.authority.issue('clientAuth');
    world.serverTls.replace({
      ...(await next.issue('serverAuth')),
      caCertificates: next.caCertificate,
    });
    const late = makeLink(new FakeTlsSource({ ...old, caCertificates: both }), world.port);
    onTestFinished(() => late.close());
    late.open(() => aHello('late'));
    world.proxy.breakConnections();
    await eventually(() => {
      expect(kinds(world.events).filter((kind) => kind === 'connected')).toHaveLength(3);
    });
    expect(late.isOpen).toBe(false);
  });

  it('waits for its first certificate', async ({ expect }) => {
    const world = await useWorld();
    const material = world.clientTls.current();
    world.clientTls.replace(undefined);
    const link = makeLink(world.clientTls, world.port);
    onTestFinished(() => link.close());
    link.open(() => aHello('g1'));
    expect(link.isOpen).toBe(false);
    world.clientTls.replace(material);
    await eventually(() => {
      expect(link.isOpen).toBe(true);
    });
  });
});

describe('the gRPC server', () => {
  it('ends a link that does not begin with a hello', async ({ expect }) => {
    const world = await useWorld();
    const client = rawClient(world, await world.authority.issue('clientAuth'));
    const { path, requestSerialize, responseDeserialize } = CONNECT_METHOD;
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    call.on('error', () => undefined);
    call.on('data', () => undefined);
    const ended = new Promise<status>((resolve) => {
      call.on('status', ({ code }) => {
        resolve(code);
      });
    });
    call.write(makeGatewayFrame({ kind: 'draining' }));
    expect(await ended).toBe(status.INVALID_ARGUMENT);
    expect(world.events).toEqual([]);
  });

  it('breaks the link of a gateway that does not read', async ({ expect }) => {
    const world = await useWorld(100);
    await connect(world);
    world.proxy.freeze();
    const long = 'x'.repeat(10_000);
    // Sooner than pings could notice it.
    await eventually(
      () => {
        for (let n = 0; n < 300; n += 1) {
          world.server.send('g1', { kind: 'gone', executionEnvironmentId: long });
        }
        expect(kinds(world.events)).toContain('disconnected');
      },
      { timeoutMs: 1_900 },
    );
  });
});
