import { createHash } from 'node:crypto';
import type { FunctionResource } from '@mayfly/api';
import type { CodeResolution, CodeStore, StoredCode } from '@mayfly/core';
import { checkZip } from './check-zip.ts';
import { DEFAULT_CODE_LIMITS, type CodeLimits } from './code-limits.ts';
import { fetchArchive } from './fetch-archive.ts';
import { orRefusal, RefusedCodeError } from './refusal.ts';
import type { S3ObjectReference } from './s3-code-store.ts';
import { zipInline } from './zip-inline.ts';

/** What a ConfigMap holds. */
export interface ConfigMapData {
  readonly data: Readonly<Record<string, string>>;
  readonly binaryData: Readonly<Record<string, Uint8Array>>;
}

/** Where code comes from. */
export interface ClusterCodeResolverDeps {
  readonly codeStore: CodeStore;
  readonly readConfigMap: (
    key: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ) => Promise<ConfigMapData | undefined>;
  /** Undefined: no S3-compatible storage is configured. */
  readonly readS3:
    | ((object: S3ObjectReference, signal?: AbortSignal) => Promise<Uint8Array | undefined>)
    | undefined;
  readonly limits?: CodeLimits;
  /** Tests fetch from the machine they run on. */
  readonly allowLoopback?: boolean;
}

type ResolvableFunction = Pick<FunctionResource, 'metadata' | 'spec' | 'status'>;

const NO_SOURCE = 'Set code.inline, or code.zip with url, s3, configMap or store.';
const MAX_REMEMBERED = 20_000;

/**
 * Turns `spec.code` into an archive in the store. An archive that could not be unpacked never enters it. What was
 * resolved is remembered by the text of `spec.code`, and by the status from before this operator led: a source is
 * read again when the spec changes, not because what is behind it has. Nobody rolls out code by failing over.
 */
export class ClusterCodeResolver {
  readonly #deps: ClusterCodeResolverDeps;
  readonly #limits: CodeLimits;
  readonly #remembered = new Map<string, StoredCode>();
  /** Identities whose archive is lost, so that their status is no proof that there is one. */
  readonly #lost = new Set<string>();

  constructor(deps: ClusterCodeResolverDeps) {
    this.#deps = deps;
    this.#limits = deps.limits ?? DEFAULT_CODE_LIMITS;
  }

  /** What is wrong with the code is returned, trouble on the way to it is thrown. */
  async resolve(fn: ResolvableFunction, signal?: AbortSignal): Promise<CodeResolution> {
    const identity = identify(fn);
    const known = this.#remembered.get(identity) ?? this.#recall(fn, identity);
    if (known !== undefined) return { kind: 'resolved', ...known };
    return orRefusal(async () => {
      const stored = await this.#keep(await this.#read(fn, signal), fn, signal);
      this.#lost.delete(identity);
      this.#remember(identity, stored);
      return { kind: 'resolved', ...stored } as const;
    });
  }

  /**
   * The archive of what a Function serves: from the store, or, when the store has lost it, from its source again.
   * @throws Error when neither has it
   */
  async recover(
    codeSha256: string,
    fn: ResolvableFunction | undefined,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const archive = await this.#deps.codeStore.get(codeSha256, signal);
    if (archive !== undefined) return archive;
    if (fn === undefined)
      throw new Error(`finding the archive ${codeSha256}: it is not in the code store`);
    const again = await this.#read(fn, signal);
    if (computeSha256(again) !== codeSha256) {
      // Resolved anew when the Function is next looked at: it then gets the code that there is.
      const identity = identify(fn);
      this.#remembered.delete(identity);
      this.#lost.add(identity);
      throw new Error(
        `finding the archive ${codeSha256}: it is not in the code store, and its source has changed`,
      );
    }
    await this.#deps.codeStore.put(again, signal);
    return again;
  }

  #remember(identity: string, stored: StoredCode): void {
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(identity, stored);
  }

  /** What an earlier operator made of this very spec. Inline code is made again: that costs nothing. */
  #recall(
    { metadata, spec, status }: ResolvableFunction,
    identity: string,
  ): StoredCode | undefined {
    if (spec.code.zip === undefined || this.#lost.has(identity)) return undefined;
    if (status?.observedGeneration !== metadata.generation) return undefined;
    if (status.lastUpdateStatus !== 'Successful') return undefined;
    const { served } = status;
    return served && { codeSha256: served.codeSha256, codeSize: served.codeSize };
  }

  async #read(fn: ResolvableFunction, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { code, runtime, handler } = fn.spec;
    if (code.inline !== undefined) return zipInline({ runtime, handler, source: code.inline });
    if (code.zip === undefined) throw new RefusedCodeError('CodeNotFound', NO_SOURCE);
    return this.#readZip(code.zip, fn.metadata.namespace, signal);
  }

  async #readZip(
    zip: NonNullable<ResolvableFunction['spec']['code']['zip']>,
    namespace: string,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    if (zip.url !== undefined) {
      const { allowLoopback = false } = this.#deps;
      const options = { maxBytes: this.#limits.maxUnpackedBytes, allowLoopback };
      const { url } = zip;
      return orUnavailable(() => fetchArchive(url, options, signal), signal);
    }
    if (zip.s3 !== undefined) return this.#readS3(zip.s3, signal);
    if (zip.configMap !== undefined) {
      return this.#readConfigMap({ namespace, ...zip.configMap }, signal);
    }
    if (zip.store !== undefined) return this.#readStore(zip.store, signal);
    throw new RefusedCodeError('CodeNotFound', NO_SOURCE);
  }

  async #readS3(object: S3ObjectReference, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { readS3 } = this.#deps;
    if (readS3 === undefined) {
      throw new RefusedCodeError(
        'CodeNotFound',
        'No S3-compatible storage is configured for the operator: set codeStore.type to s3 in the chart.',
      );
    }
    const archive = await orUnavailable(() => readS3(object, signal), signal);
    if (archive !== undefined) return archive;
    throw new RefusedCodeError(
      'CodeNotFound',
      `There is no object ${object.key} in the bucket ${object.bucket}.`,
    );
  }

  async #readConfigMap(
    {
      namespace,
      name,
      key,
    }: { readonly namespace: string; readonly name: string; readonly key: string },
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const found = await this.#deps.readConfigMap({ namespace, name }, signal);
    if (found === undefined) {
      throw new RefusedCodeError('CodeNotFound', `There is no ConfigMap ${name} in ${namespace}.`);
    }
    const text = found.data[key];
    const archive =
      found.binaryData[key] ?? (text === undefined ? undefined : Buffer.from(text, 'base64'));
    if (archive !== undefined) return archive;
    throw new RefusedCodeError('CodeNotFound', `The ConfigMap ${name} has no key ${key}.`);
  }

  async #readStore(codeSha256: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const archive = await this.#deps.codeStore.get(codeSha256, signal);
    if (archive !== undefined) return archive;
    throw new RefusedCodeError('CodeNotFound', `The code store has no archive ${codeSha256}.`);
  }

  async #keep(
    archive: Uint8Array,
    fn: ResolvableFunction,
    signal: AbortSignal | undefined,
  ): Promise<StoredCode> {
    const expected = fn.spec.code.zip?.sha256;
    const actual = computeSha256(archive);
    if (expected !== undefined && expected !== actual) {
      throw new RefusedCodeError(
        'CodeSha256Mismatch',
        `The archive has the SHA-256 ${actual}, not ${expected} as code.zip.sha256 says.`,
      );
    }
    const refusal = await checkZip(archive, this.#limits);
    if (refusal !== undefined) throw new RefusedCodeError(refusal.reason, refusal.message);
    return this.#deps.codeStore.put(archive, signal);
  }
}

/** Trouble of a source that the user named is the user's to see; it is tried again all the same. */
async function orUnavailable<T>(
  read: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RefusedCodeError || signal?.aborted === true) throw error;
    throw new RefusedCodeError('CodeUnavailable', `The code cannot be read: ${explain(error)}.`, {
      cause: error,
    });
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`;
}

/** Inline code is named after runtime and handler, and ConfigMaps are found in the namespace. */
function identify({ metadata, spec }: ResolvableFunction): string {
  const { runtime, handler, code } = spec;
  const text = JSON.stringify([metadata.namespace, runtime, handler, code]);
  return createHash('sha256').update(text).digest('base64');
}

function computeSha256(archive: Uint8Array): string {
  return createHash('sha256').update(archive).digest('base64');
}
