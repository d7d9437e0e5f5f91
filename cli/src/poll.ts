import { setTimeout as delay } from 'node:timers/promises';

const POLL_PERIOD_MS = 100;

/** Asks again and again until there is an answer; undefined when the time is over without one. */
export async function poll<T>(
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() >= deadlineMs) return undefined;
    await delay(Math.min(POLL_PERIOD_MS, Math.max(0, deadlineMs - Date.now())));
  }
}
