/** What the work queue does next with a key. A thrown error means: retry with backoff. */
export type Result =
  | { readonly kind: 'done' }
  | { readonly kind: 'requeueAfter'; readonly delayMs: number; readonly because: string };

/** Nothing left to do until the object or something it depends on changes. */
export const done: Result = { kind: 'done' };

/** Look again after a while, because of something that announces itself to nobody. */
export function requeueAfter(delayMs: number, because: string): Result {
  return { kind: 'requeueAfter', delayMs, because };
}

/** Picks the earliest wake-up; `done` only when every step is done. */
export function soonest(results: readonly Result[]): Result {
  let best: Result = done;
  for (const result of results) {
    if (result.kind === 'requeueAfter' && (best.kind === 'done' || result.delayMs < best.delayMs)) {
      best = result;
    }
  }
  return best;
}
