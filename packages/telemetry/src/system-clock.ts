/** A timer that can be taken back. */
interface Timer {
  cancel(): void;
}

/** The shape of the clock port; written out because telemetry depends on no other package. */
interface SystemClock {
  now(): number;
  after(delayMs: number, callback: () => void): Timer;
  every(periodMs: number, callback: () => void): Timer;
}

/** The machine's clock. Its timers never keep the process alive. */
export const systemClock: SystemClock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  },
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs).unref();
    return {
      cancel: () => {
        clearInterval(timer);
      },
    };
  },
};
