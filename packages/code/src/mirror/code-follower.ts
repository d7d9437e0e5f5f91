import { isCodeNotMirrored, type Timer } from '@mayfly/core';
import { explain } from '../refusal.ts';
import { StagingFolder } from '../staging-folder.ts';
import { FollowingSession, type FollowingDeps } from './following-session.ts';

/** What following needs. */
export interface CodeFollowerDeps extends Omit<FollowingDeps, 'staging'> {
  /** A folder of this follower alone, which it empties: archives are in it while they come from the leader. */
  readonly stagingDir: string;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;
/** A leader that has not answered for so long is not waited for. */
const PATIENCE_MS = 60_000;
const LOOK_PERIOD_MS = 10_000;

/** Keeps the folder of an operator that does not lead equal to the leader's. Comes again when the connection breaks. */
export class CodeFollower {
  readonly #deps: CodeFollowerDeps;
  readonly #staging: StagingFolder;
  readonly #stop = new AbortController();
  #session: FollowingSession | undefined;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  /** When a leader answered last; in the beginning, when this one began to ask. */
  #answeredMs = 0;
  #hasCaughtUp = false;
  #isUnmirrored = false;
  #hasComplained = false;

  constructor(deps: CodeFollowerDeps) {
    this.#deps = deps;
    this.#staging = new StagingFolder(deps.stagingDir);
  }

  /** Follows whoever leads until `close`. */
  start(): void {
    this.#answeredMs = this.#deps.clock.now();
    this.#timer = this.#deps.clock.every(LOOK_PERIOD_MS, () => {
      this.#session?.tryAgain();
    });
    this.#running ??= this.#run();
  }

  /** Whether this operator has had all that a leader had, or the leader mirrors nothing. */
  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp || this.#isUnmirrored;
  }

  /** Whether another operator may go for it: it has caught up, or there is no leader that answers. */
  get isReady(): boolean {
    if (this.hasCaughtUp) return true;
    if (this.#session?.hasBeenAnswered === true) return false;
    return this.#deps.clock.now() - this.#answeredMs >= PATIENCE_MS;
  }

  /** Ends what runs; what is half read is left out. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.#stop.signal.aborted) {
      const hasBegun = await this.#followOnce();
      pauseMs = hasBegun ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      await this.#pause(pauseMs);
    }
  }

  /** Whether the leader has answered. */
  async #followOnce(): Promise<boolean> {
    const session = new FollowingSession({ ...this.#deps, staging: this.#staging }, () => {
      if (!this.#hasCaughtUp) this.#deps.logger.info({}, 'this operator mirrors the code store');
      this.#hasCaughtUp = true;
    });
    this.#session = session;
    try {
      await session.run(this.#stop.signal);
    } catch (error) {
      this.#complain(error);
    }
    this.#session = undefined;
    if (session.hasBeenAnswered) {
      this.#answeredMs = this.#deps.clock.now();
      this.#hasComplained = false;
      this.#isUnmirrored = false;
    }
    return session.hasBeenAnswered;
  }

  /** Once for each time that the leader is away. */
  #complain(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { logger } = this.#deps;
    this.#isUnmirrored = isCodeNotMirrored(error);
    if (this.#hasComplained) return;
    this.#hasComplained = true;
    if (this.#isUnmirrored) logger.warn({}, 'the operator that leads lets nobody mirror its code');
    else logger.info({ reason: explain(error) }, 'the code store cannot be mirrored now');
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const go = (): void => {
      resolve(undefined);
    };
    const timer = this.#deps.clock.after(ms, go);
    signal.addEventListener('abort', go, { once: true });
    await promise;
    timer.cancel();
    signal.removeEventListener('abort', go);
  }
}
