import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { create } from '@bufbuild/protobuf';
import { Client, type ServiceError, status } from '@grpc/grpc-js';
import { CheckedUploads, FolderCodeStore } from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import { type CodeUploads, isCodeStoreUnavailable } from '@mayfly/core';
import { systemClock } from '@mayfly/telemetry';
import {
  describeCodeUploads,
  eventually,
  FakeCodeUploads,
  useTemporaryFolder,
} from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { PUT_CODE_METHOD } from './code-methods.ts';
import { CodePieceSchema } from './generated/fleet-link_pb.ts';
import { GrpcCodeUploads } from './grpc-code-uploads.ts';
import { GrpcFleetLinkServer } from './grpc-fleet-link-server.ts';
import { makeServer, silentLogger } from './testing/grpc-link-fixture.ts';
import { startSwitchingProxy, type SwitchingProxy } from './testing/switching-proxy.ts';
import { FakeTlsSource, makeTestAuthority } from './testing/test-authority.ts';
import { makeClientCredentials } from './tls.ts';

const NEVER = new AbortController().signal;
const PIECE = randomBytes(64 * 1024);
const ARCHIVE = makeRawZip([{ name: 'data', content: randomBytes(3_000_000) }]);

interface World {
  readonly uploads: GrpcCodeUploads;
  readonly folder: string;
  readonly proxy: SwitchingProxy;
  readonly server: GrpcFleetLinkServer;
  readonly serverTls: FakeTlsSource;
  readonly clientTls: FakeTlsSource;
  readonly port: number;
}

/** An operator with an empty code store, unless it is given others, and a gateway that reaches it through a proxy. */
async function useWorld(codeUploads?: CodeUploads): Promise<World> {
  const authority = await makeTestAuthority();
  const serverTls = new FakeTlsSource(await authority.issue('serverAuth'));
  const clientTls = new FakeTlsSource(await authority.issue('clientAuth'));
  const folder = await useTemporaryFolder();
  const server = new GrpcFleetLinkServer({
    clock: systemClock,
    logger: silentLogger,
    codeUploads:
      codeUploads ??
      new CheckedUploads({
        codeStore: new FolderCodeStore(path.join(folder, 'store')),
        stagingDir: path.join(folder, 'staging'),
        claim: () => Promise.resolve(),
      }),
  });
  const port = await server.listen({ host: '127.0.0.1', port: 0, tls: serverTls });
  const proxy = await startSwitchingProxy();
  proxy.switchTo(port);
  const uploads = makeUploads(clientTls, proxy.port);
  onTestFinished(async () => {
    uploads.close();
    proxy.close();
    await server.close();
  });
  return { uploads, folder, proxy, server, serverTls, clientTls, port };
}

function makeUploads(tls: FakeTlsSource, port: number): GrpcCodeUploads {
  const target = `127.0.0.1:${port.toString()}`;
  return new GrpcCodeUploads({ clock: systemClock, tls, target, serverName: 'localhost' });
}

async function filesOf(folder: string): Promise<string[]> {
  const list = (name: string): Promise<string[]> =>
    readdir(path.join(folder, name)).catch(() => []);
  return [...(await list('store')), ...(await list('staging'))];
}

/** What was thrown. */
async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describeCodeUploads('gRPC', {
  make: async () => {
    const { clientTls, port } = await useWorld();
    const uploads = makeUploads(clientTls, port);
    onTestFinished(() => {
      uploads.close();
    });
    return uploads;
  },
  makeZip: makeRawZip,
});

describe('uploads when the connection breaks', () => {
  it('leave nothing behind, and work again when it is mended', async ({ expect }) => {
    const { uploads, folder, proxy, port } = await useWorld();
    const cut = (async function* () {
      yield await Promise.resolve(ARCHIVE.subarray(0, 2_000_000));
      await eventually(async () => {
        expect(await filesOf(folder)).toHaveLength(1);
      });
      proxy.switchTo(undefined);
      proxy.breakConnections();
      yield ARCHIVE.subarray(2_000_000);
    })();
    expect(isCodeStoreUnavailable(await errorOf(uploads.put(cut, NEVER)))).toBe(true);
    await eventually(async () => {
      expect(await filesOf(folder)).toEqual([]);
    });
    proxy.switchTo(port);
    expect(await uploads.put(ARCHIVE, NEVER)).toMatchObject({ kind: 'stored' });
  });

  it('are never taken for whole when their source breaks', async ({ expect }) => {
    const { uploads, folder } = await useWorld();
    const broken = (async function* () {
      yield await Promise.resolve(ARCHIVE);
      throw new Error('the client is gone');
    })();
    await expect(uploads.put(broken, NEVER)).rejects.toThrow('the client is gone');
    await eventually(async () => {
      expect(await filesOf(folder)).toEqual([]);
    });
  });

  it('end a download in the middle, with an error', async ({ expect }) => {
    const { uploads, proxy } = await useWorld();
    const upload = await uploads.put(ARCHIVE, NEVER);
    const archive = await uploads.open(upload.kind === 'stored' ? upload.codeSha256 : '', NEVER);
    const download = async (): Promise<void> => {
      let pieces = 0;
      for await (const piece of archive?.read(NEVER) ?? []) {
        pieces += piece.length > 0 ? 1 : 0;
        if (pieces === 1) proxy.breakConnections();
      }
    };
    expect(isCodeStoreUnavailable(await errorOf(download()))).toBe(true);
  });
});

describe('uploads without a leader', () => {
  it('are told so at once', async ({ expect }) => {
    const { uploads, proxy } = await useWorld();
    proxy.switchTo(undefined);
    const startMs = performance.now();
    expect(isCodeStoreUnavailable(await errorOf(uploads.put(ARCHIVE, NEVER)))).toBe(true);
    expect(isCodeStoreUnavailable(await errorOf(uploads.open('x', NEVER)))).toBe(true);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  it('are told so without a certificate, and by an operator that knows no uploads', async ({
    expect,
  }) => {
    const { uploads, clientTls, proxy, serverTls } = await useWorld();
    const older = makeServer();
    onTestFinished(() => older.close());
    proxy.switchTo(await older.listen({ host: '127.0.0.1', port: 0, tls: serverTls }));
    expect(isCodeStoreUnavailable(await errorOf(uploads.put(ARCHIVE, NEVER)))).toBe(true);
    clientTls.replace(undefined);
    expect(isCodeStoreUnavailable(await errorOf(uploads.put(ARCHIVE, NEVER)))).toBe(true);
  });

  it('go to the next one', async ({ expect }) => {
    const { uploads, proxy, server, serverTls } = await useWorld();
    await uploads.put(ARCHIVE, NEVER);
    await server.close();
    const archives = new FakeCodeUploads();
    const next = new GrpcFleetLinkServer({
      clock: systemClock,
      logger: silentLogger,
      codeUploads: archives,
    });
    onTestFinished(() => next.close());
    proxy.switchTo(await next.listen({ host: '127.0.0.1', port: 0, tls: serverTls }));
    await eventually(async () => {
      expect(await uploads.put(ARCHIVE, NEVER)).toMatchObject({ kind: 'stored' });
    });
    expect(archives.archives.size).toBe(1);
  });

  it('tell apart a store that fails', async ({ expect }) => {
    const failing: CodeUploads = {
      put: () => Promise.reject(new Error('the disk is full')),
      open: () => Promise.reject(new Error('the disk is gone')),
    };
    const { uploads } = await useWorld(failing);
    for (const work of [uploads.put(ARCHIVE, NEVER), uploads.open('x', NEVER)]) {
      const error = await errorOf(work);
      expect(error).toMatchObject({ code: status.UNKNOWN });
      expect(isCodeStoreUnavailable(error)).toBe(false);
      expect(String(error)).not.toContain('disk');
    }
  });
});

describe('uploads of strangers', () => {
  it('are refused without a certificate of the authority', async ({ expect }) => {
    const { clientTls, proxy, folder } = await useWorld();
    const stranger = await (await makeTestAuthority()).issue('clientAuth');
    const caCertificates = clientTls.current()?.caCertificates ?? '';
    const uploads = makeUploads(new FakeTlsSource({ ...stranger, caCertificates }), proxy.port);
    onTestFinished(() => {
      uploads.close();
    });
    expect(isCodeStoreUnavailable(await errorOf(uploads.put(ARCHIVE, NEVER)))).toBe(true);
    expect(await filesOf(folder)).toEqual([]);
  });

  it('end when they are no frames, or too large ones', async ({ expect }) => {
    const { clientTls, port, folder } = await useWorld();
    const material = clientTls.current();
    if (material === undefined) throw new Error('no material');
    const client = new Client(`127.0.0.1:${port.toString()}`, makeClientCredentials(material), {
      'grpc.ssl_target_name_override': 'localhost',
    });
    onTestFinished(() => {
      client.close();
    });
    const send = (frame: Buffer): Promise<ServiceError | null> =>
      new Promise((resolve) => {
        const { path: method } = PUT_CODE_METHOD;
        const raw = (bytes: Buffer): Buffer => bytes;
        const call = client.makeClientStreamRequest(method, raw, raw, resolve);
        call.write(frame);
        call.end();
      });
    expect(await send(Buffer.from('no frame at all'))).toMatchObject({ code: status.INTERNAL });
    const huge = PUT_CODE_METHOD.requestSerialize(
      create(CodePieceSchema, { content: Buffer.alloc(5_000_000) }),
    );
    expect(await send(huge)).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    await eventually(async () => {
      expect(await filesOf(folder)).toEqual([]);
    });
  });
});

describe('back-pressure', () => {
  it('holds an upload that the store does not take', async ({ expect }) => {
    const gate = Promise.withResolvers<undefined>();
    const { uploads } = await useWorld({
      open: () => Promise.resolve(undefined),
      async put(archive) {
        await gate.promise;
        let codeSize = 0;
        for await (const piece of archive as AsyncIterable<Uint8Array>) codeSize += piece.length;
        return { kind: 'stored', codeSha256: 'x', codeSize };
      },
    });
    const sent = { pieces: 0 };
    const pieces = (async function* () {
      for (; sent.pieces < 600; sent.pieces += 1) yield await Promise.resolve(PIECE);
    })();
    const upload = uploads.put(pieces, NEVER);
    const held = await settle(() => sent.pieces);
    expect(held * PIECE.length).toBeLessThan(12_000_000);
    gate.resolve(undefined);
    expect(await upload).toEqual({ kind: 'stored', codeSha256: 'x', codeSize: 600 * PIECE.length });
  });

  it('holds a download that nobody reads', async ({ expect }) => {
    const read = { pieces: 0, hasEnded: false };
    const { uploads } = await useWorld({
      put: () => Promise.reject(new Error('nobody puts')),
      open: () =>
        Promise.resolve({
          codeSize: 600 * PIECE.length,
          async *read() {
            try {
              for (; read.pieces < 600; read.pieces += 1) yield await Promise.resolve(PIECE);
            } finally {
              read.hasEnded = true;
            }
          },
        }),
    });
    const archive = await uploads.open('x', NEVER);
    const download = archive?.read(NEVER)[Symbol.asyncIterator]();
    await download?.next();
    const held = await settle(() => read.pieces);
    expect(held * PIECE.length).toBeLessThan(12_000_000);
    await download?.return?.();
    await eventually(() => {
      expect(read.hasEnded).toBe(true);
    });
  });
});

/** The number, once it has stayed the same for a while. */
async function settle(count: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  await eventually(
    () => {
      same = count() === last ? same + 1 : 0;
      last = count();
      if (same < 10) throw new Error(`still at ${last.toString()}`);
    },
    { timeoutMs: 10_000 },
  );
  return last;
}
