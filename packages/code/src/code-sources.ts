import { launchOf, type FunctionResource } from '@mayfly/api';
import type { CodeStore } from '@mayfly/core';
import type { CodeLimits } from './code-limits.ts';
import { fetchArchive } from './fetch-archive.ts';
import { explain, RefusedCodeError } from './refusal.ts';
import type { OciArtefacts } from './oci/oci-artefacts.ts';
import type { S3ObjectReference } from './s3-code-store.ts';
import { zipInline } from './zip-inline.ts';

/** What a ConfigMap holds. */
export interface ConfigMapData {
  readonly data: Readonly<Record<string, string>>;
  readonly binaryData: Readonly<Record<string, Uint8Array>>;
}

/** Where code comes from. */
export interface CodeSourcesDeps {
  readonly codeStore: Pick<CodeStore, 'open'>;
  readonly readConfigMap: (
    key: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ) => Promise<ConfigMapData | undefined>;
  /** Undefined: no S3-compatible storage is configured. */
  readonly readS3:
    | ((
        object: S3ObjectReference,
        signal?: AbortSignal,
      ) => Promise<AsyncIterable<Uint8Array> | undefined>)
    | undefined;
  readonly artefacts: Pick<OciArtefacts, 'open'>;
  /** Tests fetch from the machine they run on. */
  readonly allowLoopback?: boolean;
}

type Chunks = AsyncIterable<Uint8Array>;

const NO_SOURCE = 'Set code.inline, or code.zip with url, s3, configMap, store or oci.';

/** Reads what `spec.code` names. What is wrong there is thrown as a refusal. */
export class CodeSources {
  readonly #deps: CodeSourcesDeps;
  readonly #limits: CodeLimits;

  constructor(deps: CodeSourcesDeps, limits: CodeLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  /** What is no larger than a Kubernetes object: source text, and archives in a ConfigMap. */
  async readSmall(
    { metadata, spec }: Pick<FunctionResource, 'metadata' | 'spec'>,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | undefined> {
    const { code } = spec;
    if (code.inline !== undefined) return zipInline({ ...launchOf(spec), source: code.inline });
    if (code.zip?.configMap === undefined) return undefined;
    return this.#readConfigMap({ namespace: metadata.namespace, ...code.zip.configMap }, signal);
  }

  /** What may be of any size. */
  async *readLarge(
    fn: Pick<FunctionResource, 'metadata' | 'spec'>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const { zip } = fn.spec.code;
    if (zip?.url !== undefined) {
      const { allowLoopback = false } = this.#deps;
      const options = { maxBytes: this.#limits.maxUnpackedBytes, allowLoopback };
      yield* orUnavailable(fetchArchive(zip.url, options, signal), signal);
    } else if (zip?.s3 !== undefined) {
      yield* orUnavailable(this.#readS3(zip.s3, signal), signal);
    } else if (zip?.oci !== undefined) {
      yield* orUnavailable(await this.#deps.artefacts.open(fn, zip.oci, signal), signal);
    } else if (zip?.store !== undefined) {
      yield* await this.#readStore(zip.store, signal);
    } else throw new RefusedCodeError('CodeNotFound', NO_SOURCE);
  }

  async *#readS3(
    object: S3ObjectReference,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const { readS3 } = this.#deps;
    if (readS3 === undefined) {
      throw new RefusedCodeError(
        'CodeNotFound',
        'No S3-compatible storage is configured for the operator: set codeStore.type to s3 in the chart.',
      );
    }
    const archive = await readS3(object, signal);
    if (archive === undefined) {
      throw new RefusedCodeError(
        'CodeNotFound',
        `There is no object ${object.key} in the bucket ${object.bucket}.`,
      );
    }
    yield* archive;
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

  async #readStore(codeSha256: string, signal: AbortSignal | undefined): Promise<Chunks> {
    const archive = await this.#deps.codeStore.open(codeSha256, signal);
    if (archive !== undefined) return archive.read(signal);
    throw new RefusedCodeError('CodeNotFound', `The code store has no archive ${codeSha256}.`);
  }
}

/** Trouble of a source that the user named is the user's to see; it is tried again all the same. */
async function* orUnavailable(
  chunks: Chunks,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (error instanceof RefusedCodeError || signal?.aborted === true) throw error;
    throw new RefusedCodeError('CodeUnavailable', `The code cannot be read: ${explain(error)}.`, {
      cause: error,
    });
  }
}
