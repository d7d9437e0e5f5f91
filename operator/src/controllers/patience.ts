import type { Clock } from '@mayfly/core';

const PATIENCE_MS = 1000;

/** Resolves with the promise, or, as all else is to be served meanwhile, a second later. */
export async function orPatienceOver(promise: Promise<void>, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.after(PATIENCE_MS, () => {
    late.resolve(undefined);
  });
  await Promise.race([promise, late.promise]);
  timer.cancel();
}
