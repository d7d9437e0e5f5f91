import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { launchOf, type FunctionResource } from '@mayfly/api';
import {
  computeFingerprint,
  computeNewestChangeMs,
  DEFAULT_CODE_LIMITS,
  describeBytes,
  fromHexDigest,
  listFolder,
  normalizeDigest,
  orRefusal,
  refuse,
  RefusedCodeError,
  STAGING_MARK,
  toHexDigest,
  unpackZip,
  zipFolder,
  zipInline,
  type CodeLimits,
  type CodeRefusal,
} from '@mayfly/code';
import type { Clock, CodeResolution, CodeStore, StoredCode } from '@mayfly/core';

/** What a resolver works with. */
export interface LocalCodeResolverOptions {
  readonly codeStore: Pick<CodeStore, 'get' | 'open' | 'put'>;
  /** Folder of the unpacked packages. */
  readonly unpackedDir: string;
  /** What `code.zip.path` is relative to. */
  readonly baseDir: string;
  readonly clock: Clock;
  /** Called before an archive is put into the store: nobody forgets it from then on. */
  readonly claim?: (codeSha256: string) => Promise<void>;
  readonly limits?: CodeLimits;
}

// Clocks of file systems are coarse: a file written within this time of being read may change unseen.
const SETTLED_MS = 1000;
const MAX_REMEMBERED = 1000;

/** Turns `spec.code` into an archive in the store and a folder that is ready to run. */
export class LocalCodeResolver {
  readonly #options: LocalCodeResolverOptions;
  readonly #limits: CodeLimits;
  /** Path → what it was resolved to while it looked like this. */
  readonly #remembered = new Map<string, { fingerprint: string; stored: StoredCode }>();
  readonly #unpacking = new Map<string, Promise<string | CodeRefusal>>();
  #cleaned: Promise<void> | undefined;

  constructor(options: LocalCodeResolverOptions) {
    this.#options = options;
    this.#limits = options.limits ?? DEFAULT_CODE_LIMITS;
  }

  /** Stores and unpacks the code; what is wrong with it is returned, trouble of the disk is thrown. */
  async resolve(fn: Pick<FunctionResource, 'spec'>, signal?: AbortSignal): Promise<CodeResolution> {
    return orRefusal(async () => {
      const { code } = fn.spec;
      const stored = await this.#resolveSource(fn, signal);
      const expected = code.zip?.sha256;
      if (expected === undefined || expected === stored.codeSha256) {
        return { kind: 'resolved', ...stored } as const;
      }
      return refuse(
        'CodeSha256Mismatch',
        `The archive of ${code.zip?.path ?? 'code.zip.store'} has the SHA-256 ${stored.codeSha256}, not ${expected} as code.zip.sha256 says.`,
      );
    });
  }

  /** Unpacks an archive and stores it. */
  async put(
    archive: Uint8Array,
    signal?: AbortSignal,
  ): Promise<({ readonly kind: 'stored' } & StoredCode) | CodeRefusal> {
    return orRefusal(async () => {
      return { kind: 'stored', ...(await this.#keep(archive, signal)) } as const;
    });
  }

  /** Where the package is, once it is unpacked. */
  unpackedPath(codeSha256: string): string {
    return path.join(this.#options.unpackedDir, toHexDigest(codeSha256));
  }

  /** Unpacks the package from the store when it is not there; returns its folder. */
  async ensureUnpacked(codeSha256: string, signal?: AbortSignal): Promise<string> {
    const folder = this.unpackedPath(codeSha256);
    if (await isDirectory(folder)) return folder;
    const archive = await this.#options.codeStore.get(codeSha256, signal);
    if (archive === undefined) throw new Error(`finding the archive ${codeSha256} in the store`);
    const unpacked = await this.#unpack(codeSha256, archive);
    if (typeof unpacked === 'string') return unpacked;
    throw new Error(`unpacking the archive ${codeSha256}: ${unpacked.message}`);
  }

  /** Forgets unpacked packages that nothing needs any more. */
  async retain(keep: Pick<ReadonlySet<string>, 'has'>): Promise<void> {
    for (const name of await readdir(this.#options.unpackedDir).catch(() => [])) {
      if (keep.has(fromHexDigest(name)) || name.includes(STAGING_MARK)) continue;
      await rm(path.join(this.#options.unpackedDir, name), { recursive: true, force: true });
    }
  }

  async #resolveSource(
    fn: Pick<FunctionResource, 'spec'>,
    signal: AbortSignal | undefined,
  ): Promise<StoredCode> {
    const { code } = fn.spec;
    if (code.inline !== undefined) {
      return this.#keep(await zipInline({ ...launchOf(fn.spec), source: code.inline }), signal);
    }
    if (code.zip?.store !== undefined) return this.#resolveStored(code.zip.store, signal);
    if (code.zip?.path === undefined) {
      throw new RefusedCodeError(
        'CodeNotFound',
        'Set code.inline, code.zip.path or code.zip.store.',
      );
    }
    return this.#resolvePath(path.resolve(this.#options.baseDir, code.zip.path), signal);
  }

  /** Unpacked is only what had this digest: it is not read again. */
  async #resolveStored(named: string, signal: AbortSignal | undefined): Promise<StoredCode> {
    const { codeStore } = this.#options;
    const stored = await codeStore.open(named, signal);
    if (stored !== undefined && (await isDirectory(this.unpackedPath(named)))) {
      return { codeSha256: normalizeDigest(named), codeSize: stored.codeSize };
    }
    const archive = stored && (await codeStore.get(named, signal));
    if (archive === undefined) {
      throw new RefusedCodeError('CodeNotFound', `The code store has no archive ${named}.`);
    }
    const codeSha256 = computeSha256(archive);
    if (normalizeDigest(named) !== codeSha256) {
      throw new RefusedCodeError(
        'CodeSha256Mismatch',
        `The archive ${named} in the code store is damaged: it has the SHA-256 ${codeSha256}.`,
      );
    }
    return this.#keep(archive, signal);
  }

  async #resolvePath(source: string, signal: AbortSignal | undefined): Promise<StoredCode> {
    const before = await this.#look(source);
    const remembered = this.#remembered.get(source);
    if (
      remembered?.fingerprint === before.fingerprint &&
      (await isDirectory(this.unpackedPath(remembered.stored.codeSha256)))
    ) {
      return remembered.stored;
    }
    this.#remembered.delete(source);
    const startedMs = this.#options.clock.now();
    const stored = await this.#keep(await before.read(), signal);
    const isSettled = before.newestChangeMs < startedMs - SETTLED_MS;
    if (isSettled && (await this.#look(source)).fingerprint === before.fingerprint) {
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(source, { fingerprint: before.fingerprint, stored });
    }
    return stored;
  }

  /** What a path looks like now, and how to get its archive. */
  async #look(source: string): Promise<{
    readonly fingerprint: string;
    readonly newestChangeMs: number;
    readonly read: () => Promise<Buffer>;
  }> {
    const stats = await stat(source, { bigint: true }).catch(missingAsRefusal(source));
    if (stats.isDirectory()) {
      const items = await listFolder(source, this.#limits);
      return {
        fingerprint: computeFingerprint(items),
        newestChangeMs: computeNewestChangeMs(items),
        read: () => zipFolder(source, items),
      };
    }
    if (!stats.isFile()) {
      throw new RefusedCodeError('CodeNotFound', `${source} is neither a file nor a folder.`);
    }
    if (stats.size > BigInt(this.#limits.maxUnpackedBytes)) {
      throw new RefusedCodeError(
        'CodeTooLarge',
        `${source} is larger than ${describeBytes(this.#limits.maxUnpackedBytes)}.`,
      );
    }
    const item = { kind: 'file', path: source, stats } as const;
    return {
      fingerprint: computeFingerprint([item]),
      newestChangeMs: computeNewestChangeMs([item]),
      read: () => readFile(source).catch(missingAsRefusal(source)),
    };
  }

  /** Unpacks first: an archive that cannot be unpacked never enters the store. */
  async #keep(archive: Uint8Array, signal: AbortSignal | undefined): Promise<StoredCode> {
    const codeSha256 = computeSha256(archive);
    const unpacked = await this.#unpack(codeSha256, archive);
    if (typeof unpacked !== 'string') throw new RefusedCodeError(unpacked.reason, unpacked.message);
    await this.#options.claim?.(codeSha256);
    return this.#options.codeStore.put(archive, signal);
  }

  /** One at a time per archive. */
  #unpack(codeSha256: string, archive: Uint8Array): Promise<string | CodeRefusal> {
    const running = this.#unpacking.get(codeSha256);
    if (running !== undefined) return running;
    const unpacking = this.#unpackNow(codeSha256, archive).finally(() => {
      this.#unpacking.delete(codeSha256);
    });
    this.#unpacking.set(codeSha256, unpacking);
    return unpacking;
  }

  async #unpackNow(codeSha256: string, archive: Uint8Array): Promise<string | CodeRefusal> {
    this.#cleaned ??= this.#removeUnfinished();
    await this.#cleaned;
    const folder = this.unpackedPath(codeSha256);
    if (await isDirectory(folder)) return folder;
    const result = await unpackZip(archive, folder, { limits: this.#limits });
    return result.kind === 'unpacked' ? folder : result;
  }

  /** What a platform left that ended in the middle of unpacking. */
  async #removeUnfinished(): Promise<void> {
    await mkdir(this.#options.unpackedDir, { recursive: true });
    for (const name of await readdir(this.#options.unpackedDir)) {
      if (!name.includes(STAGING_MARK)) continue;
      await rm(path.join(this.#options.unpackedDir, name), { recursive: true, force: true });
    }
  }
}

function computeSha256(archive: Uint8Array): string {
  return createHash('sha256').update(archive).digest('base64');
}

async function isDirectory(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
}

function missingAsRefusal(source: string): (cause: unknown) => never {
  return (cause) => {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new RefusedCodeError('CodeNotFound', `There is nothing at ${source}.`, { cause });
    }
    if (code === 'EACCES') {
      throw new RefusedCodeError('CodeNotFound', `${source} may not be read.`, { cause });
    }
    throw new Error(`reading ${source}`, { cause });
  };
}
