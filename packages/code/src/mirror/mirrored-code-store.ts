import type {
  ArchiveFile,
  Clock,
  CodeMirror,
  CodeStore,
  CodeUpload,
  MirrorOrder,
  MirrorReport,
  ReadableArchive,
  StoredCode,
} from '@mayfly/core';
import { DEFAULT_CODE_LIMITS } from '../code-limits.ts';
import { orRefusal, RefusedCodeError } from '../refusal.ts';
import type { FolderCodeStore } from '../folder-code-store.ts';
import { StagingFolder } from '../staging-folder.ts';
import { Changes } from './changes.ts';
import { Followers, type Follower } from './followers.ts';
import type { MirrorLogger, MirrorObserver } from './mirror-observer.ts';
import { shouldAwaitCopy } from './plan-orders.ts';

/** What the leader's store needs. */
export interface MirroredCodeStoreDeps {
  /** The archives of this operator. */
  readonly local: FolderCodeStore;
  /** A folder of this store alone, which it empties: archives are in it while they come from followers. */
  readonly stagingDir: string;
  /** Operators that there should be. */
  readonly replicas: number;
  readonly clock: Clock;
  readonly logger: MirrorLogger;
  readonly observer: MirrorObserver;
}

/** Of an upload that is on the leader's disk only. */
const COPY_WAIT_MS = 5_000;
/** Of one who asks for an archive that a follower may have: less than gateways wait. */
const LOST_WAIT_MS = 8_000;
/** So long after the beginning followers may still be on their way. */
const GATHERING_MS = 20_000;

/** The store of the operator that leads: a folder of its own, which the others mirror. */
export class MirroredCodeStore implements CodeStore, CodeMirror {
  readonly #deps: MirroredCodeStoreDeps;
  readonly #startedMs: number;
  readonly #kept = new Map<string, number>();
  /** By this leader; a follower that still has one drops it. */
  readonly #forgotten = new Set<string>();
  readonly #followers: Followers;
  readonly #staging: StagingFolder;
  readonly #changes: Changes;

  constructor(deps: MirroredCodeStoreDeps) {
    this.#deps = deps;
    this.#startedMs = deps.clock.now();
    this.#staging = new StagingFolder(deps.stagingDir);
    this.#changes = new Changes(deps.clock);
    this.#followers = new Followers(
      { clock: deps.clock, logger: deps.logger },
      { kept: this.#kept, forgotten: this.#forgotten },
    );
  }

  /** Looks what this operator has: to be called before anybody follows. */
  async load(): Promise<void> {
    for (const { codeSha256, codeSize } of await this.#deps.local.list()) {
      this.#kept.set(codeSha256, codeSize);
    }
    this.#announce();
  }

  /** Whether it has all that followers had. */
  get isComplete(): boolean {
    return this.#followers.awaited.size === 0;
  }

  /** Says how it stands. */
  observe(): void {
    const { observer, clock } = this.#deps;
    const { size, awaited } = this.#followers;
    observer.count({ kept: this.#kept.size, missing: awaited.size });
    observer.followers(size);
    if (awaited.size === 0) observer.inStep(clock.now());
  }

  async put(archive: Uint8Array, signal?: AbortSignal): Promise<StoredCode> {
    const stored = await this.#deps.local.put(archive, signal);
    this.#noteKept(stored);
    return stored;
  }

  async putFile(file: ArchiveFile, signal?: AbortSignal): Promise<void> {
    await this.#deps.local.putFile(file, signal);
    this.#noteKept(file);
  }

  async get(codeSha256: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const found = await this.#deps.local.get(codeSha256, signal);
    if (found !== undefined || !(await this.#awaitFollowers(codeSha256, signal))) return found;
    return this.#deps.local.get(codeSha256, signal);
  }

  async open(codeSha256: string, signal?: AbortSignal): Promise<ReadableArchive | undefined> {
    const found = await this.#deps.local.open(codeSha256, signal);
    if (found !== undefined || !(await this.#awaitFollowers(codeSha256, signal))) return found;
    return this.#deps.local.open(codeSha256, signal);
  }

  async retain(keep: Pick<ReadonlySet<string>, 'has'>, signal?: AbortSignal): Promise<void> {
    const doomed: string[] = [];
    const has = (codeSha256: string): boolean => {
      const isKept = keep.has(codeSha256);
      if (!isKept) doomed.push(codeSha256);
      return isKept;
    };
    try {
      await this.#deps.local.retain({ has }, signal);
    } finally {
      for (const codeSha256 of doomed) await this.#noteForgotten(codeSha256);
      this.#announce();
    }
  }

  /** Waits until a follower has it too; for a while only. */
  async awaitCopy(codeSha256: string, signal: AbortSignal): Promise<void> {
    const { clock, logger, observer, replicas } = this.#deps;
    const isDecided = (): boolean => {
      const isCopied = this.#followers.have(codeSha256);
      const { size: followers, aloneMs } = this.#followers;
      return !shouldAwaitCopy({ isCopied, followers, replicas, aloneMs });
    };
    const startMs = clock.now();
    await this.#changes.until(isDecided, COPY_WAIT_MS, signal);
    if (this.#followers.have(codeSha256)) return;
    observer.uncopied();
    const fields = { codeSha256, followers: this.#followers.size, waitedMs: clock.now() - startMs };
    if (replicas > 1) logger.warn(fields, 'an upload is on the disk of this operator only');
    else logger.debug(fields, 'an upload is on the disk of this operator only');
  }

  /** Waits until every archive is on the disk of a follower too; false when that has not come about. */
  awaitCopies(waitMs: number): Promise<boolean> {
    const isCopied = (): boolean =>
      [...this.#kept.keys()].every((each) => this.#followers.have(each));
    return this.#changes.until(isCopied, waitMs);
  }

  async *follow(
    reports: AsyncIterable<MirrorReport>,
    signal: AbortSignal,
  ): AsyncGenerator<MirrorOrder> {
    const follower = this.#followers.make();
    const stop = (): void => {
      follower.orders.end();
    };
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    // Ends what is ordered, too: a follower that is not heard is none.
    void this.#listen(follower, reports).then(stop, stop);
    try {
      yield* follower.orders;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#followers.leave(follower);
      this.#announce();
    }
  }

  give(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<CodeUpload> {
    const { local, observer } = this.#deps;
    return orRefusal(() =>
      this.#staging.with(archive, DEFAULT_CODE_LIMITS.maxUnpackedBytes, async (file) => {
        if (!this.#followers.awaited.has(file.codeSha256)) {
          throw new RefusedCodeError('CodeSha256Mismatch', 'Nobody has asked for this archive.');
        }
        await local.putFile(file, signal);
        observer.mirrored(file.codeSize);
        this.#noteKept(file);
        return { kind: 'stored', codeSha256: file.codeSha256, codeSize: file.codeSize } as const;
      }),
    );
  }

  async #listen(follower: Follower, reports: AsyncIterable<MirrorReport>): Promise<void> {
    for await (const report of reports) {
      this.#followers.take(follower, report);
      this.#announce();
    }
  }

  #noteKept({ codeSha256, codeSize }: StoredCode): void {
    if (this.#kept.has(codeSha256)) return;
    this.#kept.set(codeSha256, codeSize);
    this.#forgotten.delete(codeSha256);
    this.#followers.orderKeep({ codeSha256, codeSize });
    this.#announce();
  }

  async #noteForgotten(codeSha256: string): Promise<void> {
    // It may have been put again meanwhile, or not have been removed.
    if ((await this.#deps.local.open(codeSha256).catch(() => true)) !== undefined) return;
    this.#kept.delete(codeSha256);
    this.#forgotten.add(codeSha256);
    this.#followers.orderDrop(codeSha256);
  }

  /** Whether an archive that this operator lacks has come from a follower, in time. */
  async #awaitFollowers(codeSha256: string, signal: AbortSignal | undefined): Promise<boolean> {
    const mayCome = (): boolean =>
      this.#followers.have(codeSha256) ||
      this.#followers.awaited.has(codeSha256) ||
      this.#isGathering();
    const isDecided = (): boolean => this.#kept.has(codeSha256) || !mayCome();
    if (this.#forgotten.has(codeSha256)) return false;
    await this.#changes.until(isDecided, LOST_WAIT_MS, signal);
    return this.#kept.has(codeSha256);
  }

  /** Right after it began to lead not all have come. */
  #isGathering(): boolean {
    const { clock, replicas } = this.#deps;
    const isEarly = clock.now() - this.#startedMs < GATHERING_MS;
    return isEarly && this.#followers.size < replicas - 1;
  }

  #announce(): void {
    this.observe();
    this.#changes.announce();
  }
}
