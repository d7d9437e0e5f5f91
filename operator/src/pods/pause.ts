import type { Clock } from '@mayfly/core';

/** Resolves when this much time has passed. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
