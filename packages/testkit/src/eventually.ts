/** How long and how often `eventually` asks. */
export interface EventuallyOptions {
  /** Default: 5000. */
  readonly timeoutMs?: number;
  /** Default: 20. */
  readonly intervalMs?: number;
}

/**
 * Calls `check` until it neither throws nor rejects, and gives back what it returned.
 * After the deadline it throws with the last error in the message.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 5000, intervalMs = 20 }: EventuallyOptions = {},
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const outcome = await attempt(check);
    if (outcome.kind === 'passed') return outcome.value;
    if (performance.now() >= deadlineMs) throw tooLate(timeoutMs, outcome.cause);
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

type Outcome<T> =
  | { readonly kind: 'passed'; readonly value: T }
  | { readonly kind: 'failed'; readonly cause: unknown };

async function attempt<T>(check: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'passed', value: await check() };
  } catch (cause) {
    return { kind: 'failed', cause };
  }
}

function tooLate(timeoutMs: number, cause: unknown): Error {
  const last = cause instanceof Error ? cause.message : String(cause);
  return new Error(`not within ${timeoutMs.toString()} ms; last: ${last}`, { cause });
}
