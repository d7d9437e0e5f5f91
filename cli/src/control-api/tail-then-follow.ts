import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogRecord } from '@mayfly/core';

/** The logs of the platform, as far as the control API needs them. */
export interface ControlLogs {
  /** What is kept, oldest first; the last `tailLines` of it when given. */
  read(
    functionName: string,
    options: { readonly tailLines?: number },
  ): Promise<readonly LogRecord[]>;
  /** What is logged from now on, until the signal aborts. */
  follow(functionName: string, signal: AbortSignal): AsyncIterable<LogRecord>;
}

/** Which part of which log. */
export interface TailThenFollowOptions {
  readonly functionName: string;
  readonly tailLines: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * The kept records and then the new ones, without a gap and without repetition. Following starts before
 * reading, so a record written in between is in both; what the tail ends with and the new ones begin with
 * is said once.
 */
export async function* tailThenFollow(
  logs: ControlLogs,
  options: TailThenFollowOptions,
): AsyncGenerator<LogRecord> {
  const { functionName, tailLines, signal } = options;
  const fresh = new RecordBuffer(logs.follow(functionName, signal));
  const tail = await logs.read(functionName, tailLines === undefined ? {} : { tailLines });
  // Records that were written before the read ended are on their way through promises: let them arrive.
  await nextTurn();
  const repeated = countOverlap(tail, fresh.buffered);
  yield* tail;
  fresh.buffered.splice(0, repeated);
  yield* fresh.drain();
}

/** How many records the tail ends with that the fresh ones begin with. */
export function countOverlap(tail: readonly LogRecord[], fresh: readonly LogRecord[]): number {
  const tailTexts = tail.map((record) => JSON.stringify(record));
  const freshTexts = fresh.map((record) => JSON.stringify(record));
  for (let size = Math.min(tailTexts.length, freshTexts.length); size > 0; size -= 1) {
    const end = tailTexts.slice(tailTexts.length - size);
    if (end.every((text, index) => text === freshTexts[index])) return size;
  }
  return 0;
}

// Reads ahead of its consumer: the log store must see a reader from the start, not from its first pull.
class RecordBuffer {
  readonly buffered: LogRecord[] = [];
  private wake: () => void = () => undefined;
  private isEnded = false;
  private failure: unknown;

  constructor(source: AsyncIterable<LogRecord>) {
    void this.pump(source);
  }

  async *drain(): AsyncGenerator<LogRecord> {
    for (;;) {
      const record = this.buffered.shift();
      if (record !== undefined) {
        yield record;
      } else if (this.isEnded) {
        if (this.failure !== undefined) throw new Error('following a log', { cause: this.failure });
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }

  private async pump(source: AsyncIterable<LogRecord>): Promise<void> {
    try {
      for await (const record of source) {
        this.buffered.push(record);
        this.wake();
      }
    } catch (error) {
      this.failure = error;
    }
    this.isEnded = true;
    this.wake();
  }
}
