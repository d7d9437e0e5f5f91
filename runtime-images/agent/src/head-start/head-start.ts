import { mkdirSync, rmdirSync } from 'node:fs';
import { isReservedVariable } from '@mayfly/core';
import type { Assignment, HeadStartPlan } from '@mayfly/core';
import { pickSettable } from '../format-variables.ts';
import { settleWithin } from '../runtime.ts';
import type { Runtime, RuntimeFailure, RuntimeOptions } from '../runtime.ts';
import { SupervisedRuntime } from '../supervised-runtime.ts';
import { MAX_RELEASE_BYTES } from '../supervisor.ts';
import type { Supervisor } from '../supervisor.ts';
import type { Release } from './node-program.ts';

/** What a head start needs. */
export interface HeadStartDeps {
  readonly supervisor: Supervisor;
  readonly executionEnvironmentId: string;
  readonly plan: HeadStartPlan;
  /** Whether an assignment would start what the plan has started. */
  readonly fits: (assignment: Assignment) => boolean;
  /** How long it may take until it waits. Default: 10 s. */
  readonly parkedWithinMs?: number;
}

const PARKED_WITHIN_MS = 10_000;

/**
 * A runtime that is started before its function is known. It stops before the image's program and waits there; when
 * the function comes it is told what it could not know, and goes on. Where that is not possible it is killed, and the
 * runtime is started as ever.
 */
export class HeadStart {
  readonly #deps: HeadStartDeps;
  readonly #runtime: SupervisedRuntime;
  readonly #settled = Promise.withResolvers<undefined>();
  #state: 'starting' | 'parked' | 'taken' | 'over' = 'starting';
  #taker: RuntimeOptions | undefined;
  #ending: Promise<void> | undefined;

  /** Starts it: the supervisor is there. */
  constructor(deps: HeadStartDeps) {
    const { supervisor, executionEnvironmentId, plan } = deps;
    this.#deps = deps;
    for (const folder of plan.libraryFolders) tryTo(mkdirSync, folder);
    this.#runtime = new SupervisedRuntime(supervisor, {
      ...plan,
      executionEnvironmentId,
      candidates: [],
      isPreset: (name) => !isReservedVariable(name),
      // What is said before there is a function is no function's.
      onLine: (line) => this.#taker?.onLine(line),
      onEnd: (failure) => {
        this.#end(failure);
      },
      onParked: () => {
        if (this.#state === 'starting') this.#state = 'parked';
        this.#settled.resolve(undefined);
      },
    });
  }

  /** Resolves when it waits, or when nothing of it is left. No code may be put in place before. */
  async settle(): Promise<void> {
    const { parkedWithinMs = PARKED_WITHIN_MS } = this.#deps;
    const isSettled = await settleWithin(this.#settled.promise, parkedWithinMs);
    if (!isSettled) this.#abandon();
    await this.#ending;
    for (const folder of this.#deps.plan.libraryFolders) tryTo(rmdirSync, folder);
  }

  /** What has to be waited for before another runtime is started. */
  get ending(): Promise<unknown> | undefined {
    return this.#ending;
  }

  /** Ends it if it is of no use for this assignment, while there is still something else to do. */
  check(assignment: Assignment): void {
    if (this.#state === 'parked' && !this.#deps.fits(assignment)) this.#abandon();
  }

  /** The runtime that these options ask for, of which nobody has heard so far; undefined when there is none any more. */
  take(options: RuntimeOptions): Runtime | undefined {
    if (this.#state !== 'parked') return undefined;
    if (!this.#release(options)) {
      this.#abandon();
      return undefined;
    }
    this.#state = 'taken';
    this.#taker = options;
    return this.#runtime;
  }

  #release(options: RuntimeOptions): boolean {
    const settable = pickSettable(options.variables);
    const isPreset = ([name]: readonly [string, string]): boolean => options.isPreset(name);
    const release: Release = {
      handler: options.variables['_HANDLER'] ?? '',
      variables: Object.fromEntries(settable.filter((each) => !isPreset(each))),
      presets: Object.fromEntries(settable.filter(isPreset)),
    };
    const text = `${JSON.stringify(release)}\n`;
    return Buffer.byteLength(text) <= MAX_RELEASE_BYTES && this.#deps.supervisor.release(text);
  }

  #abandon(): void {
    this.#state = 'over';
    this.#ending ??= this.#runtime.kill();
  }

  #end(failure: RuntimeFailure): void {
    if (this.#taker === undefined) this.#abandon();
    else this.#taker.onEnd(failure);
    this.#settled.resolve(undefined);
  }
}

/** What can't be made or taken away is where no code and no layer will be. */
function tryTo(act: (folder: string) => unknown, folder: string): void {
  try {
    act(folder);
  } catch {
    // The function starts as well without.
  }
}
