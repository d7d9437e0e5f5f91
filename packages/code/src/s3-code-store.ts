import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CodeStore, StoredCode } from '@mayfly/core';
import { DEFAULT_CODE_LIMITS, describeBytes } from './code-limits.ts';
import { toHexDigest } from './folder-code-store.ts';
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
    const { HeadObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
    const client = await this.#connect();
    const target = this.#locate(digest);
    const abortSignal = withDeadline(signal);
    try {
      const known = await orMissing(client.send(new HeadObjectCommand(target), { abortSignal }));
      if (known?.ContentLength === archive.byteLength) return stored;
      await client.send(new PutObjectCommand({ ...target, Body: archive }), { abortSignal });
    } catch (cause) {
      throw new Error(`storing the archive ${target.Bucket}/${target.Key}`, { cause });
    }
    return stored;
  }

  get(codeSha256: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const { Bucket: bucket, Key: key } = this.#locate(codeSha256);
    return this.read({ bucket, key }, signal);
  }

  /**
   * Any object that the credentials may read; undefined when there is no such.
   * @throws RefusedCodeError when it is too large for an archive
   */
  async read(
    { bucket, key, versionId }: S3ObjectReference,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    const client = await this.#connect();
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(versionId === undefined ? {} : { VersionId: versionId }),
    });
    const { maxArchiveBytes = DEFAULT_CODE_LIMITS.maxUnpackedBytes } = this.#options;
    // Breaks the connection of an object that is not read to its end.
    const ending = new AbortController();
    const abortSignal = AbortSignal.any([withDeadline(signal), ending.signal]);
    try {
      const found = await orMissing(client.send(command, { abortSignal }));
      if ((found?.ContentLength ?? 0) > maxArchiveBytes) {
        const limit = describeBytes(maxArchiveBytes);
        throw new RefusedCodeError('CodeTooLarge', `${bucket}/${key} is larger than ${limit}.`);
      }
      return await found?.Body?.transformToByteArray();
    } catch (cause) {
      ending.abort();
      if (cause instanceof RefusedCodeError) throw cause;
      throw new Error(`reading ${bucket}/${key}`, { cause });
    }
  }

  async retain(keep: ReadonlySet<string>, signal?: AbortSignal): Promise<void> {
    const { DeleteObjectCommand, paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
    const client = await this.#connect();
    const { bucket: Bucket, prefix: Prefix } = this.#options;
    const kept = new Set([...keep].map((codeSha256) => this.#locate(codeSha256).Key));
    const dropped: string[] = [];
    const pages = paginateListObjectsV2(
      { client },
      { Bucket, Prefix },
      { abortSignal: withDeadline(signal) },
    );
    for await (const { Contents = [] } of pages) {
      for (const { Key = '' } of Contents) {
        if (this.#isOurs(Key) && !kept.has(Key)) dropped.push(Key);
      }
    }
    for (const Key of dropped) {
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

  #connect(): Promise<S3Client> {
    this.#client ??= import('@aws-sdk/client-s3').then(({ S3Client: Client }) => {
      const { endpoint, region, forcePathStyle } = this.#options;
      return new Client({
        region,
        forcePathStyle,
        // Archives have their own digests, and few servers but AWS's know the newer checksums.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
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
