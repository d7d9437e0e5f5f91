/** A timer that can be taken back. */
export interface Timer {
  cancel(): void;
}

/** Time as a dependency: tests step it, programs use the machine's. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `delayMs`. Never keeps the process alive. */
  after(delayMs: number, callback: () => void): Timer;
  /** Calls back every `periodMs`. Never keeps the process alive. */
  every(periodMs: number, callback: () => void): Timer;
}
