import type {
  Clock,
  CodeMirror,
  MirrorOrder,
  MirrorReport,
  ReadableArchive,
  StoredCode,
} from '@mayfly/core';
import { DEFAULT_CODE_LIMITS } from '../code-limits.ts';
import { FetchTurns } from '../fetch-turns.ts';
import type { FolderCodeStore } from '../folder-code-store.ts';
import type { StagingFolder } from '../staging-folder.ts';
import { AsyncQueue } from './async-queue.ts';
import type { MirrorLogger, MirrorObserver } from './mirror-observer.ts';

/** What one connection needs. */
export interface FollowingDeps {
  /** As the leader's log calls this operator. */
  readonly replica: string;
  readonly local: FolderCodeStore;
  readonly leader: CodeMirror;
  readonly staging: StagingFolder;
  readonly clock: Clock;
  readonly logger: MirrorLogger;
  readonly observer: MirrorObserver;
}

const MAX_NAMED = 1000;
/** Archives on their way at a time; a new upload does not wait for all of a long list. */
const WORKERS = 3;
const READ_DEADLINE_MS = 300_000;
const MAX_TRIES = 3;

interface Wanted extends StoredCode {
  tries: number;
}

/** One connection of a follower to the leader, and what is done about its orders. */
export class FollowingSession {
  readonly #deps: FollowingDeps;
  readonly #onInStep: () => void;
  readonly #reports = new AsyncQueue<MirrorReport>();
  readonly #end = new AbortController();
  readonly #kept = new Set<string>();
  /** The newest is read first: somebody waits for it. */
  readonly #wanted: Wanted[] = [];
  readonly #reading = new Map<string, Promise<void>>();
  /** Could not be read, and are tried again later. */
  readonly #failed = new Map<string, Wanted>();
  readonly #gifts = new FetchTurns({ total: WORKERS, perNamespace: WORKERS });
  #isListComplete = false;
  hasBeenAnswered = false;

  constructor(deps: FollowingDeps, onInStep: () => void) {
    this.#deps = deps;
    this.#onInStep = onInStep;
  }

  /**
   * Follows until the connection breaks.
   * @throws what the leader's end throws
   */
  async run(stop: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stop, this.#end.signal]);
    await this.#nameAll();
    try {
      for await (const order of this.#deps.leader.follow(this.#reports, signal)) {
        this.hasBeenAnswered = true;
        await this.#obey(order, signal);
      }
    } finally {
      this.#end.abort(new Error('the connection to the leader has ended'));
      this.#reports.end();
      await Promise.allSettled(this.#reading.values());
    }
  }

  /** Reads once more what could not be read. */
  tryAgain(): void {
    for (const { codeSha256, codeSize } of this.#failed.values()) {
      this.#wanted.unshift({ codeSha256, codeSize, tries: 0 });
    }
    this.#failed.clear();
    this.#work();
    this.#look();
  }

  async #nameAll(): Promise<void> {
    for (const { codeSha256 } of await this.#deps.local.list()) this.#kept.add(codeSha256);
    const kept = [...this.#kept];
    for (let at = 0; at < kept.length; at += MAX_NAMED) {
      this.#report({ kept: kept.slice(at, at + MAX_NAMED), isComplete: false });
    }
    this.#report({ isComplete: true });
  }

  async #obey(order: MirrorOrder, signal: AbortSignal): Promise<void> {
    for (const stored of order.keep) {
      if (this.#kept.has(stored.codeSha256)) this.#report({ kept: [stored.codeSha256] });
      else this.#wanted.push({ ...stored, tries: 0 });
    }
    await this.#drop(new Set(order.drop), signal);
    for (const codeSha256 of order.give) this.#giveInTurn(codeSha256, signal);
    this.#isListComplete ||= order.isComplete;
    this.#work();
    this.#look();
  }

  /** As many at a time as there are workers. */
  #work(): void {
    while (this.#reading.size < WORKERS && !this.#end.signal.aborted) {
      const index = this.#wanted.findLastIndex((each) => !this.#reading.has(each.codeSha256));
      const [wanted] = index < 0 ? [] : this.#wanted.splice(index, 1);
      if (wanted === undefined) return;
      const reading = this.#read(wanted).finally(() => {
        this.#reading.delete(wanted.codeSha256);
        this.#work();
        this.#look();
      });
      this.#reading.set(wanted.codeSha256, reading);
    }
  }

  /** Never rejects. */
  async #read(wanted: Wanted): Promise<void> {
    const { codeSha256 } = wanted;
    const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(READ_DEADLINE_MS)]);
    try {
      const archive = await this.#deps.leader.open(codeSha256, signal);
      // Forgotten meanwhile.
      if (archive === undefined) return;
      await this.#keep(wanted, archive, signal);
      this.#kept.add(codeSha256);
      this.#report({ kept: [codeSha256] });
    } catch (err) {
      if (this.#end.signal.aborted) return;
      wanted.tries += 1;
      if (wanted.tries < MAX_TRIES) {
        this.#wanted.unshift(wanted);
        return;
      }
      this.#failed.set(codeSha256, wanted);
      this.#deps.logger.warn({ codeSha256, err }, 'an archive of the leader cannot be mirrored');
    }
  }

  #keep({ codeSha256 }: StoredCode, archive: ReadableArchive, signal: AbortSignal): Promise<void> {
    const { staging, local, observer } = this.#deps;
    const maxBytes = DEFAULT_CODE_LIMITS.maxUnpackedBytes;
    return staging.with(archive.read(signal), maxBytes, async (file) => {
      if (file.codeSha256 !== codeSha256) {
        throw new Error(`reading the archive ${codeSha256}: it came as ${file.codeSha256}`);
      }
      await local.putFile(file, signal);
      observer.mirrored(file.codeSize);
    });
  }

  async #drop(doomed: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    if (doomed.size === 0) return;
    for (const codeSha256 of doomed) {
      const index = this.#wanted.findIndex((each) => each.codeSha256 === codeSha256);
      if (index >= 0) this.#wanted.splice(index, 1);
      await this.#reading.get(codeSha256);
      this.#failed.delete(codeSha256);
      this.#kept.delete(codeSha256);
    }
    await this.#deps.local.retain({ has: (codeSha256) => !doomed.has(codeSha256) }, signal);
    this.#report({ lost: [...doomed] });
    this.#deps.logger.info(
      { count: doomed.size },
      'dropped archives that the leader has forgotten',
    );
  }

  #giveInTurn(codeSha256: string, signal: AbortSignal): void {
    // Rejects when the connection ends before its turn.
    this.#gifts.run('', () => this.#give(codeSha256, signal), signal).catch(() => undefined);
  }

  /** Never rejects. */
  async #give(codeSha256: string, signal: AbortSignal): Promise<void> {
    const { leader, local, logger } = this.#deps;
    let problem: unknown;
    for (let tries = 0; tries < MAX_TRIES && !this.#end.signal.aborted; tries += 1) {
      try {
        const archive = await local.open(codeSha256, signal);
        if (archive === undefined) break;
        const outcome = await leader.give(archive.read(signal), signal);
        if (outcome.kind === 'refused') throw new Error(outcome.message);
        logger.info({ codeSha256 }, 'gave the leader an archive that it lacked');
        return;
      } catch (error) {
        problem = error;
      }
    }
    if (this.#end.signal.aborted) return;
    logger.warn({ codeSha256, err: problem }, 'an archive that the leader lacks cannot be given');
    this.#report({ lost: [codeSha256] });
  }

  /** Whether all that the leader has is here, as far as it can be. */
  #look(): void {
    const { observer, clock } = this.#deps;
    const comingCount = this.#wanted.length + this.#reading.size;
    observer.count({ kept: this.#kept.size, missing: comingCount + this.#failed.size });
    if (!this.#isListComplete || comingCount > 0 || this.#end.signal.aborted) return;
    if (this.#failed.size === 0) observer.inStep(clock.now());
    this.#onInStep();
  }

  #report(report: Partial<MirrorReport>): void {
    const { replica } = this.#deps;
    this.#reports.push({ replica, kept: [], lost: [], isComplete: false, ...report });
  }
}
