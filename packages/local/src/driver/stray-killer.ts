import type { Clock } from '@mayfly/core';
import type { LocalLogger } from '../local-logger.ts';
import { pickTree, scanProcesses } from './process-scan.ts';

const RESCAN_MS = 5;
const MAX_ROUNDS = 200;

/** Ends processes by the marker of their execution environment. Calls at the same time share a scan. */
export class StrayKiller {
  readonly #clock: Clock;
  readonly #logger: LocalLogger;
  #next: { readonly markers: Set<string>; readonly done: Promise<void> } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock, logger: LocalLogger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Resolves when nothing of that execution environment runs any more. */
  kill(marker: string): Promise<void> {
    if (this.#next === undefined) {
      const markers = new Set<string>();
      const done = this.#last.then(() => {
        this.#next = undefined;
        return this.#killAll(markers);
      });
      this.#next = { markers, done };
      this.#last = done.catch(() => undefined);
    }
    this.#next.markers.add(marker);
    return this.#next.done;
  }

  /** Looks again until nothing is found: a process may fork while the others are being ended. */
  async #killAll(markers: ReadonlySet<string>): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const tree = pickTree(await scanProcesses(), markers);
      if (tree.length === 0) return;
      for (const { pid } of tree) sendSignal(pid, 'SIGKILL');
      await new Promise<void>((resolve) => this.#clock.after(RESCAN_MS, resolve));
    }
    this.#logger.error(
      { executionEnvironmentIds: [...markers] },
      'processes of these execution environments do not end',
    );
  }
}

/** Sends a signal to a process, or with a negative id to its group; one that is gone is fine. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
