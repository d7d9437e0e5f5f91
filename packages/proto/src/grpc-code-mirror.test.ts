import { randomBytes } from 'node:crypto';
import path from 'node:path';
import {
  CheckedUploads,
  CodeFollower,
  FolderCodeStore,
  MirroredCodeStore,
  type MirrorObserver,
} from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import { systemClock } from '@mayfly/telemetry';
import { eventually, useTemporaryFolder } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { GrpcCodeMirror } from './grpc-code-mirror.ts';
import { GrpcCodeUploads } from './grpc-code-uploads.ts';
import { GrpcFleetLinkServer } from './grpc-fleet-link-server.ts';
import { makeServer, silentLogger as logger } from './testing/grpc-link-fixture.ts';
import { startSwitchingProxy, type SwitchingProxy } from './testing/switching-proxy.ts';
import { FakeTlsSource, makeTestAuthority } from './testing/test-authority.ts';

const NEVER = new AbortController().signal;
const clock = systemClock;
const observer: MirrorObserver = {
  count: () => undefined,
  mirrored: () => undefined,
  inStep: () => undefined,
  followers: () => undefined,
  uncopied: () => undefined,
};

interface Leader {
  readonly store: MirroredCodeStore;
  readonly port: number;
  readonly server: GrpcFleetLinkServer;
}

/** Operators that reach the one that leads through a proxy, as they do through its Service. */
class World {
  readonly #folder: string;
  readonly serverTls: FakeTlsSource;
  readonly clientTls: FakeTlsSource;
  readonly proxy: SwitchingProxy;

  constructor(parts: Pick<World, 'serverTls' | 'clientTls' | 'proxy'> & { folder: string }) {
    this.#folder = parts.folder;
    this.serverTls = parts.serverTls;
    this.clientTls = parts.clientTls;
    this.proxy = parts.proxy;
  }

  static async use(): Promise<World> {
    const authority = await makeTestAuthority();
    const proxy = await startSwitchingProxy();
    onTestFinished(() => {
      proxy.close();
    });
    return new World({
      proxy,
      folder: await useTemporaryFolder(),
      serverTls: new FakeTlsSource(await authority.issue('serverAuth')),
      clientTls: new FakeTlsSource(await authority.issue('clientAuth')),
    });
  }

  folderOf(name: string): FolderCodeStore {
    return new FolderCodeStore(path.join(this.#folder, name));
  }

  async lead(name: string): Promise<Leader> {
    const local = this.folderOf(name);
    const stagingDir = path.join(this.#folder, name, '.mirror');
    const deps = { ...{ local, stagingDir, clock, logger, observer }, replicas: 2 };
    const store = new MirroredCodeStore(deps);
    await store.load();
    const codeUploads = new CheckedUploads({
      codeStore: store,
      stagingDir: path.join(this.#folder, name, 'uploads'),
      claim: () => Promise.resolve(),
      awaitCopy: (...args) => store.awaitCopy(...args),
    });
    const server = new GrpcFleetLinkServer({ clock, logger, codeUploads, codeMirror: store });
    onTestFinished(() => server.close());
    const port = await server.listen({ host: '127.0.0.1', port: 0, tls: this.serverTls });
    this.proxy.switchTo(port);
    return { store, port, server };
  }

  follow(name: string): CodeFollower {
    const leader = new GrpcCodeMirror({ clock, tls: this.clientTls, ...this.#way() });
    const follower = new CodeFollower({
      ...{ replica: name, leader, clock, logger, observer },
      local: this.folderOf(name),
      stagingDir: path.join(this.#folder, name, '.mirror'),
    });
    follower.start();
    onTestFinished(async () => {
      await follower.close();
      leader.close();
    });
    return follower;
  }

  gateway(): GrpcCodeUploads {
    const uploads = new GrpcCodeUploads({ clock, tls: this.clientTls, ...this.#way() });
    onTestFinished(() => {
      uploads.close();
    });
    return uploads;
  }

  async digestsOf(name: string): Promise<string[]> {
    return (await this.folderOf(name).list()).map(({ codeSha256 }) => codeSha256).sort();
  }

  #way(): { readonly target: string; readonly serverName: string } {
    return { target: `127.0.0.1:${this.proxy.port.toString()}`, serverName: 'localhost' };
  }
}

async function upload(world: World): Promise<string> {
  const archive = makeRawZip([{ name: 'data', content: randomBytes(300_000) }]);
  const answer = await world.gateway().put(archive, NEVER);
  if (answer.kind === 'refused') throw new Error(answer.message);
  return answer.codeSha256;
}

describe('mirroring over the wire', () => {
  it('has every upload on the disk of a follower when it is answered', async ({ expect }) => {
    const world = await World.use();
    await world.lead('a');
    world.follow('b');
    const digests = [];
    for (let n = 0; n < 5; n += 1) {
      digests.push(await upload(world));
      expect(await world.digestsOf('b')).toEqual(digests.toSorted());
    }
  });

  it('survives leader after leader, each of which has never seen the one before', async ({
    expect,
  }) => {
    const world = await World.use();
    let { server } = await world.lead('a');
    const digest = await upload(world);
    for (const [standBy, next] of [
      ['b', 'c'],
      ['d', 'e'],
      ['f', 'g'],
    ] as const) {
      const follower = world.follow(standBy);
      await eventually(() => {
        expect(follower.isReady).toBe(true);
      });
      expect(await world.digestsOf(standBy)).toEqual([digest]);
      await server.close();
      world.proxy.breakConnections();
      const leader = await world.lead(next);
      server = leader.server;
      // From the one that followed the leader before.
      expect((await leader.store.open(digest, NEVER))?.codeSize).toBeGreaterThan(300_000);
      await follower.close();
    }
  });

  it('comes again when the connection breaks', async ({ expect }) => {
    const world = await World.use();
    const { store, port } = await world.lead('a');
    const follower = world.follow('b');
    await eventually(() => {
      expect(follower.isReady).toBe(true);
    });
    world.proxy.switchTo(undefined);
    world.proxy.breakConnections();
    await store.put(randomBytes(100));
    world.proxy.switchTo(port);
    await eventually(async () => {
      expect(await world.digestsOf('b')).toEqual(await world.digestsOf('a'));
    });
    await store.retain(new Set());
    await eventually(async () => {
      expect(await world.digestsOf('b')).toEqual([]);
    });
  });

  it('names more archives than one message takes', { timeout: 30_000 }, async ({ expect }) => {
    const world = await World.use();
    const { store } = await world.lead('a');
    const puts = Array.from({ length: 1100 }, (_, n) => store.put(Buffer.from(n.toString())));
    await Promise.all(puts);
    const follower = world.follow('b');
    await eventually(
      () => {
        expect(follower.isReady).toBe(true);
      },
      { timeoutMs: 25_000 },
    );
    expect(await world.digestsOf('b')).toEqual(await world.digestsOf('a'));
  });

  it('ends at once when its operator is to lead, even while nobody answers', async ({ expect }) => {
    const world = await World.use();
    const follower = world.follow('b');
    const startMs = performance.now();
    await follower.close();
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it('is not waited for with a leader that is older', async ({ expect }) => {
    const world = await World.use();
    const older = makeServer();
    onTestFinished(() => older.close());
    world.proxy.switchTo(await older.listen({ host: '127.0.0.1', port: 0, tls: world.serverTls }));
    const follower = world.follow('b');
    await eventually(() => {
      expect(follower.isReady).toBe(true);
    });
    await world.lead('a');
    world.proxy.breakConnections();
    await older.close();
    await eventually(
      async () => {
        const digest = await upload(world);
        expect(await world.digestsOf('b')).toContain(digest);
      },
      { timeoutMs: 15_000 },
    );
  });

  it('is refused to strangers', async ({ expect }) => {
    const world = await World.use();
    const { store } = await world.lead('a');
    const stranger = await (await makeTestAuthority()).issue('clientAuth');
    const caCertificates = world.clientTls.current()?.caCertificates ?? '';
    world.clientTls.replace({ ...stranger, caCertificates });
    await store.put(randomBytes(100));
    const follower = world.follow('b');
    await store.awaitCopies(1_000);
    expect(follower.isReady).toBe(false);
    expect(await world.digestsOf('b')).toEqual([]);
  });
});
