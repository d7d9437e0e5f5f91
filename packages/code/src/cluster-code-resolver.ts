import { createHash } from 'node:crypto';
import type { FunctionResource } from '@mayfly/api';
import type {
  ArchiveFile,
  CodeResolution,
  CodeStore,
  ReadableArchive,
  ResolvedCode,
  StoredCode,
} from '@mayfly/core';
import { checkZip } from './check-zip.ts';
import { DEFAULT_CODE_LIMITS, type CodeLimits } from './code-limits.ts';
import { CodeSources, type CodeSourcesDeps } from './code-sources.ts';
import { FetchTurns } from './fetch-turns.ts';
import type { ImageResolver } from './oci/image-resolver.ts';
import { orRefusal, RefusedCodeError } from './refusal.ts';
import { StagingFolder } from './staging-folder.ts';
import { normalizeDigest } from './unused-code.ts';

/** What resolving needs. */
export interface ClusterCodeResolverDeps extends CodeSourcesDeps {
  readonly codeStore: Pick<CodeStore, 'open' | 'put' | 'putFile'>;
  readonly images: Pick<ImageResolver, 'resolve'>;
  /** A folder of this resolver alone, which it empties: archives are in it while they are looked at. */
  readonly stagingDir: string;
  /** Told of each archive that is about to be put into the store, or relied on there. */
  readonly onUse?: (codeSha256: string) => void;
  readonly limits?: CodeLimits;
}

/** A Function as far as its code goes. */
export type ResolvableFunction = Pick<FunctionResource, 'metadata' | 'spec' | 'status'>;

/** An archive on its way to the store. */
type Archive = (StoredCode & { readonly bytes: Uint8Array }) | ArchiveFile;

const MAX_REMEMBERED = 20_000;
/** Room on the disk for archives that are looked at, the chart gives 2 GiB. */
const MAX_STAGED_BYTES = 1536 * 1024 * 1024;
const MAX_PER_NAMESPACE = 2;

/**
 * Turns `spec.code` into an archive in the store, or into an image with its digest. An archive that could not be
 * unpacked never enters it. What was resolved is remembered by the text of `spec.code`, here and in the status: a
 * source is read again when that text changes, not because what is behind it has. Nobody rolls out code by failing over.
 */
export class ClusterCodeResolver {
  readonly #deps: ClusterCodeResolverDeps;
  readonly #limits: CodeLimits;
  readonly #sources: CodeSources;
  readonly #turns: FetchTurns;
  readonly #remembered = new Map<string, ResolvedCode>();
  /** Identities whose archive is lost, so that their status is no proof that there is one. */
  readonly #lost = new Set<string>();
  readonly #staging: StagingFolder;

  constructor(deps: ClusterCodeResolverDeps) {
    this.#deps = deps;
    this.#limits = deps.limits ?? DEFAULT_CODE_LIMITS;
    this.#sources = new CodeSources(deps, this.#limits);
    this.#staging = new StagingFolder(deps.stagingDir);
    const mostAtOnce = Math.floor(MAX_STAGED_BYTES / DEFAULT_CODE_LIMITS.maxUnpackedBytes);
    this.#turns = new FetchTurns({ total: mostAtOnce, perNamespace: MAX_PER_NAMESPACE });
  }

  /** What is wrong with the code is returned, trouble on the way to it is thrown. */
  async resolve(fn: ResolvableFunction, signal?: AbortSignal): Promise<CodeResolution> {
    const known = this.recall(fn);
    if (known !== undefined) return { kind: 'resolved', ...known };
    return orRefusal(async () => {
      const codeSource = this.identify(fn);
      const code = { ...(await this.#read(fn, signal)), codeSource };
      this.#lost.delete(codeSource);
      this.#remember(codeSource, code);
      return { kind: 'resolved', ...code } as const;
    });
  }

  /** Inline code is named after runtime and handler, and ConfigMaps are found in the namespace. */
  identify({ metadata, spec }: ResolvableFunction): string {
    const { runtime, handler, code } = spec;
    const text = JSON.stringify([metadata.namespace, runtime, handler, code]);
    return createHash('sha256').update(text).digest('base64');
  }

  /** What the code was resolved to before: nothing is read for it. */
  recall(fn: ResolvableFunction): ResolvedCode | undefined {
    const identity = this.identify(fn);
    const known = this.#remembered.get(identity) ?? this.#recallStatus(fn, identity);
    if (known !== undefined && known.image === undefined) this.#deps.onUse?.(known.codeSha256);
    return known;
  }

  /**
   * The archive of what a Function serves: from the store, or, when the store has lost it, from its source again.
   * @throws Error when neither has it
   */
  async recover(
    codeSha256: string,
    fn: ResolvableFunction | undefined,
    signal?: AbortSignal,
  ): Promise<ReadableArchive> {
    const archive = await this.#deps.codeStore.open(codeSha256, signal);
    if (archive !== undefined) return archive;
    const lost = `finding the archive ${codeSha256}: it is not in the code store`;
    if (fn === undefined) throw new Error(lost);
    const isSame = await this.#withArchive(
      fn,
      async (again) => {
        if (again.codeSha256 === codeSha256) await this.#put(again, signal);
        return again.codeSha256 === codeSha256;
      },
      signal,
    );
    if (!isSame) {
      // Resolved anew when the Function is next looked at: it then gets the code that there is.
      const identity = this.identify(fn);
      this.#remembered.delete(identity);
      this.#lost.add(identity);
      throw new Error(`${lost}, and its source has changed`);
    }
    const found = await this.#deps.codeStore.open(codeSha256, signal);
    if (found === undefined) throw new Error(lost);
    return found;
  }

  #remember(identity: string, code: ResolvedCode): void {
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(identity, code);
  }

  /** What an earlier operator made of this very text. Inline code is made again: that costs nothing. */
  #recallStatus({ spec, status }: ResolvableFunction, identity: string): ResolvedCode | undefined {
    if (spec.code.inline !== undefined || this.#lost.has(identity)) return undefined;
    const served = status?.served;
    if (served?.codeSource !== identity) return undefined;
    const { codeSha256, codeSize, image } = served;
    return { codeSha256, codeSize, image, codeSource: identity };
  }

  #read(fn: ResolvableFunction, signal: AbortSignal | undefined): Promise<ResolvedCode> {
    const { image } = fn.spec.code;
    if (image !== undefined) return this.#deps.images.resolve(fn, image, signal);
    return this.#withArchive(fn, (archive) => this.#keep(archive, fn, signal), signal);
  }

  /** Reads the source; what may be large goes through a file, and only a few of those are there at a time. */
  async #withArchive<T>(
    fn: ResolvableFunction,
    use: (archive: Archive) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const bytes = await this.#sources.readSmall(fn, signal);
    if (bytes !== undefined) return use(measure(bytes));
    return this.#turns.run(
      fn.metadata.namespace,
      () =>
        this.#staging.with(this.#sources.readLarge(fn, signal), this.#limits.maxUnpackedBytes, use),
      signal,
    );
  }

  async #keep(
    archive: Archive,
    fn: ResolvableFunction,
    signal: AbortSignal | undefined,
  ): Promise<StoredCode> {
    const { sha256: expected, store: named } = fn.spec.code.zip ?? {};
    const { codeSha256, codeSize } = archive;
    if (named !== undefined && normalizeDigest(named) !== codeSha256) {
      throw new RefusedCodeError(
        'CodeSha256Mismatch',
        `The archive ${named} in the code store is damaged: it has the SHA-256 ${codeSha256}.`,
      );
    }
    if (expected !== undefined && expected !== codeSha256) {
      throw new RefusedCodeError(
        'CodeSha256Mismatch',
        `The archive has the SHA-256 ${codeSha256}, not ${expected} as code.zip.sha256 says.`,
      );
    }
    const refusal = await checkZip('bytes' in archive ? archive.bytes : archive, this.#limits);
    if (refusal !== undefined) throw new RefusedCodeError(refusal.reason, refusal.message);
    await this.#put(archive, signal);
    return { codeSha256, codeSize };
  }

  async #put(archive: Archive, signal: AbortSignal | undefined): Promise<void> {
    const { codeStore, onUse } = this.#deps;
    onUse?.(archive.codeSha256);
    if ('bytes' in archive) await codeStore.put(archive.bytes, signal);
    else await codeStore.putFile(archive, signal);
  }
}

function measure(bytes: Uint8Array): Archive {
  const codeSha256 = createHash('sha256').update(bytes).digest('base64');
  return { bytes, codeSha256, codeSize: bytes.byteLength };
}
