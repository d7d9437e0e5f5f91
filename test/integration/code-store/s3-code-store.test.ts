import { createHash, randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ClusterCodeResolver, S3CodeStore, UnusedCode, type S3StoreOptions } from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import type { CodeResolution } from '@mayfly/core';
import { aFunction, describeCodeStore, FakeClock, useTemporaryFolder } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { S3_BUILD_TIMEOUT_MS, startS3Server, type S3Server } from '../../helpers/s3-server.ts';

const BUCKET = 'archives';

let server: S3Server;
let client: S3Client;

beforeAll(async () => {
  server = await startS3Server();
  const { endpoint, region, credentials } = server;
  // The stores find them as everywhere: by the standard chain.
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
}, S3_BUILD_TIMEOUT_MS);

afterAll(async () => {
  vi.unstubAllEnvs();
  client.destroy();
  await server.close();
});

function makeStore(overrides: Partial<S3StoreOptions> = {}): S3CodeStore {
  const { endpoint, region } = server;
  const prefix = `${randomUUID()}/`;
  return new S3CodeStore({
    bucket: BUCKET,
    prefix,
    endpoint,
    region,
    forcePathStyle: true,
    ...overrides,
  });
}

async function put(key: string, body: Uint8Array | string): Promise<string | undefined> {
  const target = { Bucket: BUCKET, Key: key, Body: body };
  return (await client.send(new PutObjectCommand(target))).VersionId;
}

async function listKeys(prefix: string): Promise<readonly string[]> {
  const found = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
  return (found.Contents ?? []).map(({ Key = '' }) => Key);
}

describeCodeStore('S3CodeStore', () => Promise.resolve(makeStore()));

describe('S3CodeStore', () => {
  it('leaves alone what others keep under its prefix', async ({ expect }) => {
    const prefix = `${randomUUID()}/`;
    const store = makeStore({ prefix });
    await put(`${prefix}notes.txt`, 'ours');
    await store.put(Buffer.from('a'));
    await store.retain(new Set());
    expect(await listKeys(prefix)).toEqual([`${prefix}notes.txt`]);
  });

  it('forgets more archives than one page lists', { timeout: 60_000 }, async ({ expect }) => {
    const prefix = `${randomUUID()}/`;
    const store = makeStore({ prefix });
    const digests = Array.from({ length: 1005 }, (_, n) => sha256(Buffer.from(n.toString())));
    for (let n = 0; n < digests.length; n += 50) {
      const batch = digests.slice(n, n + 50);
      await Promise.all(batch.map((digest) => put(`${prefix}${digest.toString('hex')}.zip`, 'x')));
    }
    await store.retain(new Set([digests[1003]?.toString('base64') ?? '']));
    expect(await listKeys(prefix)).toEqual([
      `${prefix}${digests[1003]?.toString('hex') ?? ''}.zip`,
    ]);
  });

  it('loses only archives that nobody has used for an hour', async ({ expect }) => {
    const store = makeStore();
    const [named, other] = [Buffer.from('named'), Buffer.from('other')];
    const { codeSha256 } = await store.put(named);
    const dropped = await store.put(other);
    const clock = new FakeClock();
    const fn = aFunction({ spec: { code: { zip: { store: codeSha256 } } } });
    const unused = new UnusedCode({
      codeStore: store,
      versions: () => [],
      layers: () => [],
      functions: () => [fn],
      clock,
    });
    await unused.look();
    clock.step(3_599_999);
    await unused.look();
    expect(await store.open(dropped.codeSha256)).toBeDefined();
    clock.step(1);
    await unused.look();
    expect(await store.open(dropped.codeSha256)).toBeUndefined();
    expect(await store.open(codeSha256)).toBeDefined();
  });

  it('mends an archive of another length', async ({ expect }) => {
    const prefix = `${randomUUID()}/`;
    const store = makeStore({ prefix });
    const { codeSha256 } = await store.put(Buffer.from('whole'));
    const [key = ''] = await listKeys(prefix);
    await put(key, 'wh');
    await store.put(Buffer.from('whole'));
    expect(Buffer.from((await store.get(codeSha256)) ?? '').toString()).toBe('whole');
  });

  it('gives addresses that need no credentials, and only as signed', async ({ expect }) => {
    const store = makeStore();
    const { codeSha256 } = await store.put(Buffer.from('archive'));
    const url = await store.presign(codeSha256, 60);
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'archive']);
    expect((await fetch(url.replace(/Signature=./, 'Signature=_'))).status).toBe(403);
    expect((await fetch(url.split('?')[0] ?? '')).status).toBe(403);
  });

  it('says which object it could not read or write', async ({ expect }) => {
    const store = makeStore({ endpoint: 'http://127.0.0.1:1', prefix: '' });
    await expect(store.put(Buffer.from('a'))).rejects.toThrow('storing the archive archives/');
    const object = { bucket: BUCKET, key: 'a.zip' };
    await expect(store.read(object)).rejects.toThrow('reading archives/a.zip');
  });

  it('does not call a bucket empty that is not there', async ({ expect }) => {
    const store = makeStore({ bucket: 'nowhere' });
    await expect(store.put(Buffer.from('a'))).rejects.toThrow('storing the archive nowhere/');
  });
});

describe('code.zip.s3', () => {
  const ARCHIVE = makeRawZip([{ name: 'index.js', content: 'exports.handler = 1' }]);

  async function resolve(
    s3: { readonly bucket: string; readonly key: string; readonly versionId?: string },
    store = makeStore(),
  ): Promise<CodeResolution> {
    const resolver = new ClusterCodeResolver({
      codeStore: store,
      stagingDir: await useTemporaryFolder(),
      images: { resolve: () => Promise.reject(new Error('there are no images')) },
      artefacts: { open: () => Promise.reject(new Error('there are no artefacts')) },
      readConfigMap: () => Promise.resolve(undefined),
      readS3: (object, signal) => store.read(object, signal),
    });
    return resolver.resolve(aFunction({ spec: { code: { zip: { s3 } } } }));
  }

  it('becomes an archive in the store', async ({ expect }) => {
    await put('good.zip', ARCHIVE);
    const store = makeStore();
    const codeSha256 = sha256(ARCHIVE).toString('base64');
    expect(await resolve({ bucket: BUCKET, key: 'good.zip' }, store)).toMatchObject({
      kind: 'resolved',
      codeSha256,
      codeSize: ARCHIVE.length,
    });
    expect(await store.get(codeSha256)).toBeDefined();
  });

  it('reads the version that is asked for', async ({ expect }) => {
    await client.send(
      new PutBucketVersioningCommand({
        Bucket: BUCKET,
        VersioningConfiguration: { Status: 'Enabled' },
      }),
    );
    const versionId = await put('versioned.zip', ARCHIVE);
    await put('versioned.zip', 'newer, and no archive');
    const object = { bucket: BUCKET, key: 'versioned.zip' };
    expect(await resolve(object)).toMatchObject({ reason: 'InvalidZipFile' });
    expect(versionId).toEqual(expect.any(String));
    expect(await resolve({ ...object, versionId: versionId ?? '' })).toMatchObject({
      kind: 'resolved',
    });
  });

  it.for([
    [BUCKET, 'There is no object missing.zip in the bucket archives.'],
    ['nowhere', 'There is no object missing.zip in the bucket nowhere.'],
  ] as const)('is refused when it is missing in %s', async ([bucket, message], { expect }) => {
    expect(await resolve({ bucket, key: 'missing.zip' })).toEqual({
      kind: 'refused',
      reason: 'CodeNotFound',
      message,
    });
  });

  it('is refused before it is read when it is too large', async ({ expect }) => {
    await put('large.zip', Buffer.alloc(2000));
    const store = makeStore({ maxArchiveBytes: 1999 });
    expect(await resolve({ bucket: BUCKET, key: 'large.zip' }, store)).toEqual({
      kind: 'refused',
      reason: 'CodeTooLarge',
      message: 'archives/large.zip is larger than 1999 bytes.',
    });
  });

  it('says so while the storage cannot be reached', async ({ expect }) => {
    const store = makeStore({ endpoint: 'http://127.0.0.1:1' });
    expect(await resolve({ bucket: BUCKET, key: 'good.zip' }, store)).toMatchObject({
      kind: 'refused',
      reason: 'CodeUnavailable',
      message: expect.stringContaining('reading archives/good.zip: ') as string,
    });
  });
});

function sha256(archive: Uint8Array): Buffer {
  return createHash('sha256').update(archive).digest();
}
