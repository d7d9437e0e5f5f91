import type { ControlClient } from '../control-api/client.ts';
import { poll } from '../poll.ts';
import { computeProgress, type Progress } from '../function-view.ts';

/** How waiting for one function ended. */
export type WaitResult =
  | { readonly name: string; readonly kind: 'ready' }
  | { readonly name: string; readonly kind: 'failed' | 'late'; readonly reason: string };

/** Whom to wait for, how long, and whom to tell. */
export interface WaitOptions {
  readonly names: readonly string[];
  readonly timeoutMs: number;
  /** Told of each function when it is decided. */
  readonly onResult: (result: WaitResult) => void;
  /** Told who is still waited for. */
  readonly onPending: (names: readonly string[]) => void;
}

/** Waits until every function is ready or failed, or the time is over. */
export async function waitForFunctions(client: ControlClient, options: WaitOptions): Promise<void> {
  const reasons = new Map(options.names.map((name) => [name, 'it has not been looked at']));
  const isDone = await poll(options.timeoutMs, async () => {
    for (const { name, progress } of await readProgress(client, [...reasons.keys()])) {
      if (progress.kind === 'pending') {
        reasons.set(name, progress.reason);
      } else {
        reasons.delete(name);
        options.onResult({ name, ...progress });
      }
    }
    options.onPending([...reasons.keys()]);
    return reasons.size === 0 ? true : undefined;
  });
  if (isDone === true) return;
  for (const [name, reason] of reasons) options.onResult({ name, kind: 'late', reason });
}

// One call for all of them: applying a thousand functions must not make a thousand calls a round.
async function readProgress(
  client: ControlClient,
  names: readonly string[],
): Promise<readonly { readonly name: string; readonly progress: Progress }[]> {
  const objects = new Map(
    (await client.list('Function')).map((object) => [object.metadata.name, object]),
  );
  return names.map((name) => {
    const object = objects.get(name);
    const progress: Progress =
      object === undefined
        ? { kind: 'failed', reason: 'somebody has deleted it' }
        : computeProgress(object);
    return { name, progress };
  });
}
