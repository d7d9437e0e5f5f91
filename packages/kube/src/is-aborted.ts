/** Asks a signal anew: the compiler believes that what was false before an `await` still is. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
