import type {
  FunctionResource,
  LayerVersionResource,
  ServedRevision,
  VersionResource,
} from '@mayfly/api';
import type { Clock, CodeStore, Timer } from '@mayfly/core';

/** What forgetting archives needs. */
export interface UnusedCodeDeps {
  readonly codeStore: Pick<CodeStore, 'retain'>;
  /** All Functions that there are; undefined while some are not known: then nothing is forgotten. */
  readonly functions: () => Iterable<Pick<FunctionResource, 'spec' | 'status'>> | undefined;
  /** All Versions that there are, likewise. */
  readonly versions: () => Iterable<Pick<VersionResource, 'spec'>> | undefined;
  /** All LayerVersions that there are, likewise. */
  readonly layers: () => Iterable<Pick<LayerVersionResource, 'spec' | 'status'>> | undefined;
  readonly clock: Clock;
  /** Told how many archives were forgotten, when there were any. */
  readonly onForgotten?: (count: number) => void;
  readonly onError?: (error: unknown) => void;
}

const PERIOD_MS = 3_600_000;
/** So long has nobody used an archive that is forgotten: time to roll back to it, or to name it. */
const GRACE_MS = 3_600_000;
/** Of one look: a store that hangs does not keep the next one from happening. */
const LOOK_DEADLINE_MS = 1_800_000;

/**
 * Forgets archives that no Function has used for an hour, which it counts itself: it goes by its own clock, and who
 * takes over counts anew. In use is what is served, what a Version has frozen, and what a spec names by `code.zip.store` or
 * `code.zip.sha256`.
 */
export class UnusedCode {
  readonly #deps: UnusedCodeDeps;
  /** Digest → since when nobody uses it, as far as this one has seen. */
  readonly #unusedSinceMs = new Map<string, number>();
  readonly #stop = new AbortController();
  /** What is being forgotten at this moment. */
  #forgetting:
    { readonly codeSha256: string; readonly over: PromiseWithResolvers<undefined> } | undefined;
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;

  constructor(deps: UnusedCodeDeps) {
    this.#deps = deps;
  }

  /** Looks now, which forgets nothing yet, and every hour. */
  start(): void {
    this.#timer = this.#deps.clock.every(PERIOD_MS, () => {
      void this.look();
    });
    void this.look();
  }

  /** Its hour begins anew: somebody is about to serve it. */
  noteUse(codeSha256: string): void {
    if (this.#unusedSinceMs.has(codeSha256)) {
      this.#unusedSinceMs.set(codeSha256, this.#deps.clock.now());
    }
  }

  /** As `noteUse`, and waits while it is being forgotten: what is put afterwards stays. */
  async claim(codeSha256: string): Promise<void> {
    this.noteUse(codeSha256);
    if (this.#forgetting?.codeSha256 === codeSha256) {
      await this.#forgetting.over.promise;
    }
  }

  /** Forgets what is due. Never rejects, and never runs twice at a time. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted) this.#deps.onError?.(error);
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Ends what runs. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#stop.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { codeStore, onForgotten } = this.#deps;
    const functions = this.#deps.functions();
    const versions = this.#deps.versions();
    const layers = this.#deps.layers();
    if (functions === undefined || versions === undefined || layers === undefined) return;
    const used = findUsedCode({ functions, versions, layers });
    const seen = new Set<string>();
    let forgotten = 0;
    const has = (codeSha256: string): boolean => {
      // The store asks for one after the other: the one before is gone.
      this.#endForgetting();
      seen.add(codeSha256);
      const isKept = used.has(codeSha256) || this.#isWithinGrace(codeSha256);
      if (used.has(codeSha256)) this.#unusedSinceMs.delete(codeSha256);
      if (isKept) return true;
      forgotten += 1;
      this.#forgetting = { codeSha256, over: Promise.withResolvers() };
      return false;
    };
    const deadline = AbortSignal.timeout(LOOK_DEADLINE_MS);
    try {
      await codeStore.retain({ has }, AbortSignal.any([this.#stop.signal, deadline]));
    } finally {
      this.#endForgetting();
    }
    for (const codeSha256 of this.#unusedSinceMs.keys()) {
      if (!seen.has(codeSha256)) this.#unusedSinceMs.delete(codeSha256);
    }
    if (forgotten > 0) onForgotten?.(forgotten);
  }

  #endForgetting(): void {
    this.#forgetting?.over.resolve(undefined);
    this.#forgetting = undefined;
  }

  #isWithinGrace(codeSha256: string): boolean {
    const nowMs = this.#deps.clock.now();
    const sinceMs = this.#unusedSinceMs.get(codeSha256);
    if (sinceMs === undefined) this.#unusedSinceMs.set(codeSha256, nowMs);
    return sinceMs === undefined || nowMs - sinceMs < GRACE_MS;
  }
}

/** All who use archives. */
export interface CodeUsers {
  readonly functions: NonNullable<ReturnType<UnusedCodeDeps['functions']>>;
  readonly versions: NonNullable<ReturnType<UnusedCodeDeps['versions']>>;
  readonly layers: NonNullable<ReturnType<UnusedCodeDeps['layers']>>;
}

/** Digests of what is served, of what a Version has frozen, and of what a spec names. */
export function findUsedCode({ functions, versions, layers }: CodeUsers): ReadonlySet<string> {
  const digests: (string | undefined)[] = [];
  for (const { spec, status } of functions) {
    const { store, sha256 } = spec.code.zip ?? {};
    digests.push(...digestsOf(status?.served), status?.codeSha256, store, sha256);
  }
  for (const { spec } of versions) digests.push(...digestsOf(spec.snapshot));
  for (const { spec, status } of layers) {
    const { store, sha256 } = spec.content.zip;
    digests.push(status?.codeSha256, store, sha256);
  }
  const said = digests.filter((digest) => digest !== undefined);
  return new Set(said.map(normalizeDigest));
}

/** What is served, or frozen, of code and layers: these stay when their LayerVersions are deleted. */
function digestsOf(served: ServedRevision | undefined): readonly string[] {
  if (served === undefined) return [];
  return [served, ...(served.layers ?? [])].map(({ codeSha256 }) => codeSha256);
}

/** The last character of 43 has two bits to spare: the same digest can be written in four ways. */
export function normalizeDigest(codeSha256: string): string {
  return Buffer.from(codeSha256, 'base64').toString('base64');
}
