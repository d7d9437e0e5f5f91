/** How many may be created at once after a quiet time, and how many each second. */
export interface CreationRateLimits {
  readonly burst: number;
  readonly perSecond: number;
}

/** How many were left at a moment. */
export interface CreationRate {
  readonly left: number;
  readonly atMs: number;
}

/** How many may be created now: 4 left at 0 ms, 10 each second, at 500 ms: 9. */
export function refillCreations(
  { left, atMs }: CreationRate,
  { burst, perSecond }: CreationRateLimits,
  nowMs: number,
): CreationRate {
  const came = (Math.max(0, nowMs - atMs) * perSecond) / 1000;
  return { left: Math.min(burst, left + came), atMs: nowMs };
}

/** How long until one more may be created. */
export function waitForCreationMs({ left }: CreationRate, perSecond: number): number {
  return left >= 1 ? 0 : Math.ceil(((1 - left) * 1000) / perSecond);
}
