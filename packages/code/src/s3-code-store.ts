import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import type { ArchiveFile, CodeStore, ReadableArchive, StoredCode } from '@mayfly/core';
import { DEFAULT_CODE_LIMITS, describeBytes } from './code-limits.ts';
import { fromHexDigest, toHexDigest } from './folder-code-store.ts';
import { RefusedCodeError } from './refusal.ts';

/** Where archives are kept. Credentials come from the standard chain of AWS's SDK. */
export interface S3StoreOptions {
  readonly bucket: string;
  /** Put before every key, for example `mayfly/`. */
  readonly prefix: string;
  /** Undefined: AWS's own. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** The bucket in the path instead of the host name, as most other servers than AWS's need. */
  readonly forcePathStyle: boolean;
  /** Larger objects are not read. Default: what an archive may have. */
  readonly maxArchiveBytes?: number;
}

/** An object in S3-compatible storage. */
export interface S3ObjectReference {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

const CALL_DEADLINE_MS = 120_000;
const CONNECT_DEADLINE_MS = 5_000;
/** A server that says nothing for so long is asked again. */
const SILENCE_MS = 20_000;
const MISSING = new Set(['NoSuchKey', 'NotFound', 'NoSuchBucket', 'NoSuchVersion']);

/** Archives as `<prefix><hex digest>.zip` in a bucket. AWS's SDK is loaded with the first call. */
export class S3CodeStore implements CodeStore {
  readonly #options: S3StoreOptions;
  #client: Promise<S3Client> | undefined;

  constructor(options: S3StoreOptions) {
    this.#options = options;
  }

  async put(archive: Uint8Array, signal?: AbortSignal): Promise<StoredCode> {
    const digest = createHash('sha256').update(archive).digest('base64');
    const stored = { codeSha256: digest, codeSize: archive.byteLength };
    await this.#upload(stored, () => archive, signal);
    return stored;
  }

  async putFile(file: ArchiveFile, signal?: AbortSignal): Promise<void> {
    await this.#upload(file, () => createReadStream(file.path), signal);
  }

  async get(codeSha256: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const { Bucket: bucket, Key: key } = this.#locate(codeSha256);
    const chunks = await this.read({ bucket, key }, signal);
    return chunks && (await buffer(chunks));
  }

  async open(codeSha256: string, signal?: AbortSignal): Promise<ReadableArchive | undefined> {
    const target = this.#locate(codeSha256);
    const codeSize = await this.#measure(target, withDeadline(signal));
    if (codeSize === undefined) return undefined;
    return {
      codeSize,
      read: (reading, start = 0) => this.#readExisting(codeSha256, { start, signal: reading }),
    };
  }

  /**
   * Any object that the credentials may read; undefined when there is no such.
   * @throws RefusedCodeError when it is too large for an archive
   */
  async read(
    object: S3ObjectReference & { readonly start?: number },
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { bucket, key } = object;
    const { maxArchiveBytes = DEFAULT_CODE_LIMITS.maxUnpackedBytes } = this.#options;
    // Breaks the connection of an object that is not read to its end.
    const ending = new AbortController();
    const abortSignal = AbortSignal.any([withDeadline(signal), ending.signal]);
    try {
      const found = await this.#request(object, abortSignal);
      if ((found?.ContentLength ?? 0) > maxArchiveBytes) {
        const limit = describeBytes(maxArchiveBytes);
        throw new RefusedCodeError('CodeTooLarge', `${bucket}/${key} is larger than ${limit}.`);
      }
      const body = found?.Body as Readable | undefined;
      return body && readBody(body, { name: `${bucket}/${key}`, ending });
    } catch (cause) {
      ending.abort();
      if (cause instanceof RefusedCodeError) throw cause;
      throw new Error(`reading ${bucket}/${key}`, { cause });
    }
  }

  async retain(keep: Pick<ReadonlySet<string>, 'has'>, signal?: AbortSignal): Promise<void> {
    const { DeleteObjectCommand, paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
    const client = await this.#connect();
    const { bucket: Bucket, prefix: Prefix } = this.#options;
    const found: string[] = [];
    const pages = paginateListObjectsV2(
      { client },
      { Bucket, Prefix },
      { abortSignal: withDeadline(signal) },
    );
    for await (const { Contents = [] } of pages) {
      for (const { Key = '' } of Contents) if (this.#isOurs(Key)) found.push(Key);
    }
    for (const Key of found) {
      signal?.throwIfAborted();
      if (keep.has(fromHexDigest(Key.slice(Prefix.length, -'.zip'.length)))) continue;
      const abortSignal = withDeadline(signal);
      await client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal });
    }
  }

  /** An address from which anyone can read the archive for so long. */
  async presign(codeSha256: string, expiresInSeconds: number): Promise<string> {
    const [{ GetObjectCommand }, { getSignedUrl }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@aws-sdk/s3-request-presigner'),
    ]);
    const command = new GetObjectCommand(this.#locate(codeSha256));
    return getSignedUrl(await this.#connect(), command, { expiresIn: expiresInSeconds });
  }

  async #upload(
    { codeSha256, codeSize }: StoredCode,
    makeBody: () => Uint8Array | Readable,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const client = await this.#connect();
    const target = this.#locate(codeSha256);
    const abortSignal = withDeadline(signal);
    try {
      if ((await this.#measure(target, abortSignal)) === codeSize) return;
      const command = new PutObjectCommand({
        ...target,
        Body: makeBody(),
        ContentLength: codeSize,
      });
      await client.send(command, { abortSignal });
    } catch (cause) {
      throw new Error(`storing the archive ${target.Bucket}/${target.Key}`, { cause });
    }
  }

  async #measure(
    target: { readonly Bucket: string; readonly Key: string },
    abortSignal: AbortSignal,
  ): Promise<number | undefined> {
    const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
    const client = await this.#connect();
    const found = await orMissing(client.send(new HeadObjectCommand(target), { abortSignal }));
    return found?.ContentLength;
  }

  async #request(
    { bucket, key, versionId, start = 0 }: S3ObjectReference & { readonly start?: number },
    abortSignal: AbortSignal,
  ): Promise<GetObjectCommandOutput | undefined> {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    const client = await this.#connect();
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(versionId === undefined ? {} : { VersionId: versionId }),
      ...(start === 0 ? {} : { Range: `bytes=${start.toString()}-` }),
    });
    return orMissing(client.send(command, { abortSignal }));
  }

  async *#readExisting(
    codeSha256: string,
    { start, signal }: { readonly start: number; readonly signal: AbortSignal | undefined },
  ): AsyncGenerator<Uint8Array> {
    const { Bucket: bucket, Key: key } = this.#locate(codeSha256);
    const chunks = await this.read({ bucket, key, start }, signal);
    if (chunks === undefined) throw new Error(`reading ${bucket}/${key}: it is gone`);
    yield* chunks;
  }

  #connect(): Promise<S3Client> {
    this.#client ??= import('@aws-sdk/client-s3').then(({ S3Client: Client }) => {
      const { endpoint, region, forcePathStyle } = this.#options;
      return new Client({
        region,
        forcePathStyle,
        // Archives have their own digests, and few servers but AWS's know the newer checksums.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        requestHandler: { connectionTimeout: CONNECT_DEADLINE_MS, socketTimeout: SILENCE_MS },
        ...(endpoint === undefined ? {} : { endpoint }),
      });
    });
    return this.#client;
  }

  #locate(codeSha256: string): { readonly Bucket: string; readonly Key: string } {
    const { bucket, prefix } = this.#options;
    return { Bucket: bucket, Key: `${prefix}${toHexDigest(codeSha256)}.zip` };
  }

  /** Others may keep things under the same prefix. */
  #isOurs(key: string): boolean {
    return /^[0-9a-f]{64}\.zip$/.test(key.slice(this.#options.prefix.length));
  }
}

/** The body, and no connection once it is not read any more. */
async function* readBody(
  body: Readable,
  { name, ending }: { readonly name: string; readonly ending: AbortController },
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw new Error(`reading ${name}`, { cause });
  } finally {
    ending.abort();
  }
}

function withDeadline(signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(CALL_DEADLINE_MS);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && MISSING.has(error.name)) return undefined;
    throw error;
  }
}
