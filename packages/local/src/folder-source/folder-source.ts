import { basename, dirname, resolve } from 'node:path';
import { KIND_NAMES } from '@mayfly/api';
import { isStoreError, type Clock, type ResourceStore, type Timer } from '@mayfly/core';
import type { LocalLogger } from '../local-logger.ts';
import {
  applyManifest,
  keyOf,
  separateDuplicates,
  type AnyObject,
  type AppliedManifests,
} from './apply-manifests.ts';
import { DirectoryWatchers } from './directory-watchers.ts';
import { formatManifestProblem, type ManifestProblem } from './manifest-problem.ts';
import { scanFolder, type FolderScan, type ManifestCache } from './scan-folder.ts';
import { SOURCE_ANNOTATION, SOURCE_DIRECTORY_ANNOTATION } from './source-annotations.ts';

/** What a folder source needs from outside. */
export interface FolderSourceDeps {
  readonly directory: string;
  readonly store: ResourceStore;
  readonly logger: Pick<LocalLogger, 'info' | 'warn'>;
  readonly clock: Clock;
  /** Quiet time after a change before the folder is read, so that editors finish. Default: 100. */
  readonly settleMs?: number;
}

const DEFAULT_SETTLE_MS = 100;

/**
 * Keeps the store's objects as the YAML files of a folder say. What is wrong with a file is reported and
 * leaves the objects that it made before as they are.
 */
export class FolderSource {
  readonly #deps: FolderSourceDeps;
  readonly #directory: string;
  readonly #watchers = new DirectoryWatchers((directory, entryName) => {
    // The parent is watched for the folder alone, and may be a busy place.
    const isNeighbour =
      directory === dirname(this.#directory) &&
      entryName !== undefined &&
      entryName !== basename(this.#directory);
    if (isNeighbour) return;
    this.#events += 1;
    this.#schedule();
  });
  readonly #cache: ManifestCache = new Map();
  readonly #applied: AppliedManifests = new Map();
  #problems: readonly ManifestProblem[] = [];
  /** Objects whose manifest was missing in the scan before. */
  #missing: ReadonlySet<string> = new Set();
  /** Changes seen so far, and how many there were when the scan before began. */
  #events = 0;
  #eventsBefore = 0;
  #timer: Timer | undefined;
  #scans: Promise<unknown> = Promise.resolve();
  #isStarted = false;
  #isClosed = false;

  constructor(deps: FolderSourceDeps) {
    this.#deps = deps;
    this.#directory = resolve(deps.directory);
  }

  /** What is wrong now, by file and line. */
  problems(): readonly ManifestProblem[] {
    return this.#problems;
  }

  /**
   * Applies the folder as it is and deletes what has left it.
   * @throws Error when the directory cannot be read
   */
  applyAll(): Promise<void> {
    return this.#enqueue(async () => {
      const scan = await this.#scan();
      await this.#apply(scan, { mayDeleteAtOnce: true });
    });
  }

  /**
   * Applies the folder, then every change of it.
   * @throws Error when the directory cannot be read
   */
  async start(): Promise<void> {
    await this.applyAll();
    this.#isStarted = true;
    // Whatever changed before the watches stood is found by the scan that they cause.
    this.#schedule();
  }

  /** Ends the watches and waits for a scan that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#scans;
    this.#watchers.close();
  }

  #schedule(): void {
    if (!this.#isStarted || this.#isClosed || this.#timer !== undefined) return;
    this.#timer = this.#deps.clock.after(this.#deps.settleMs ?? DEFAULT_SETTLE_MS, () => {
      this.#timer = undefined;
      void this.#enqueue(() => this.#rescan());
    });
  }

  /** One scan at a time. The queue itself never rejects. */
  #enqueue(task: () => Promise<void>): Promise<void> {
    const run = this.#scans.then(task);
    this.#scans = run.catch(() => undefined);
    return run;
  }

  async #rescan(): Promise<void> {
    if (this.#isClosed) return;
    try {
      const eventsAtStart = this.#events;
      const scan = await this.#scan();
      // The parent tells when the folder itself is replaced.
      const directories = [dirname(this.#directory), ...scan.directories];
      if (await this.#watchers.set(directories)) {
        // What happened there before the watch stood was not seen.
        this.#events += 1;
        this.#schedule();
      }
      await this.#apply(scan, { mayDeleteAtOnce: false });
      this.#eventsBefore = eventsAtStart;
    } catch (error) {
      await this.#watchers.set([dirname(this.#directory)]);
      const reason = error instanceof Error ? error.message : String(error);
      this.#report([{ file: this.#directory, line: undefined, field: '', reason }]);
    }
  }

  async #scan(): Promise<FolderScan> {
    try {
      return await scanFolder(this.#directory, this.#cache, this.#deps.clock.now());
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`reading the folder ${this.#directory}: ${reason}`, { cause });
    }
  }

  async #apply(scan: FolderScan, options: { readonly mayDeleteAtOnce: boolean }): Promise<void> {
    const existing = await this.#existing();
    const { chosen, problems } = separateDuplicates(scan.manifests, existing);
    const found = [...scan.problems, ...problems];
    for (const manifest of chosen) {
      const outcome = await applyManifest(manifest, {
        store: this.#deps.store,
        directory: this.#directory,
        applied: this.#applied,
        existing: existing.get(keyOf(manifest.object)),
      });
      if (outcome.kind === 'refused') found.push(outcome.problem);
      if (outcome.kind === 'busy') this.#schedule();
    }
    const brokenFiles = new Set(found.map(({ file }) => file));
    const wanted = new Set(scan.manifests.map(({ object }) => keyOf(object)));
    const missing = [...existing.values()].filter(
      (object) => !wanted.has(keyOf(object)) && this.#isOurs(object) && !isOf(object, brokenFiles),
    );
    await this.#deleteMissing(missing, options.mayDeleteAtOnce);
    this.#report(found);
  }

  /**
   * Editors empty a file before they write it, or move it away: an object goes only when a second look
   * does not find it either and nothing has changed since the first.
   */
  async #deleteMissing(missing: readonly AnyObject[], isAtOnce: boolean): Promise<void> {
    const isQuiet = this.#events === this.#eventsBefore;
    const sure = missing.filter(
      (object) => isAtOnce || (isQuiet && this.#missing.has(keyOf(object))),
    );
    this.#missing = new Set(missing.map(keyOf));
    for (const { kind, metadata } of sure) {
      await this.#deps.store.delete(kind, metadata).catch((error: unknown) => {
        if (!isStoreError(error, 'NotFound')) throw error;
      });
      this.#deps.logger.info({ kind, name: metadata.name }, 'object left the folder');
    }
    if (sure.length < missing.length) this.#schedule();
  }

  #isOurs({ metadata }: AnyObject): boolean {
    return (
      metadata.annotations?.[SOURCE_DIRECTORY_ANNOTATION] === this.#directory &&
      metadata.deletionTimestamp === undefined
    );
  }

  async #existing(): Promise<ReadonlyMap<string, AnyObject>> {
    const lists = await Promise.all(KIND_NAMES.map((kind) => this.#deps.store.list(kind)));
    return new Map(lists.flatMap(({ items }) => items).map((object) => [keyOf(object), object]));
  }

  /** Says each problem once, not with every scan. */
  #report(problems: readonly ManifestProblem[]): void {
    const known = new Set(this.#problems.map(formatManifestProblem));
    this.#problems = problems;
    for (const problem of problems) {
      const text = formatManifestProblem(problem);
      if (!known.has(text)) this.#deps.logger.warn({ problem: text }, 'manifest refused');
    }
    if (known.size > 0 && problems.length === 0) {
      this.#deps.logger.info({ directory: this.#directory }, 'all manifests are good again');
    }
  }
}

function isOf({ metadata }: AnyObject, files: ReadonlySet<string>): boolean {
  return files.has(metadata.annotations?.[SOURCE_ANNOTATION] ?? '');
}
