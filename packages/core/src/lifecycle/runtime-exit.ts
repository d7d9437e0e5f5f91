// What Go's syscall.Signal.String() says: the sentences of Lambda come from there.
const SIGNAL_TEXTS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

/** How a process ended: one of the two is set. */
export interface ProcessExit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** Lambda's sentence for a runtime that ended: the text after `Error: ` of a `Runtime.ExitError`. */
export function describeRuntimeExit(exit: ProcessExit): string {
  if (exit.signal !== undefined) {
    return `Runtime exited with error: signal: ${SIGNAL_TEXTS[exit.signal] ?? exit.signal}`;
  }
  if (exit.exitCode === undefined || exit.exitCode === 0) {
    return 'Runtime exited without providing a reason';
  }
  return `Runtime exited with error: exit status ${exit.exitCode.toString()}`;
}

// Numbers of Linux on x86_64 and arm64.
const SIGNAL_NUMBERS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

/** What the status that a shell reports means: 128 and a signal's number (137 is SIGKILL), or an exit code. */
export function toProcessExit(shellStatus: number): ProcessExit {
  const signal = SIGNAL_NUMBERS[shellStatus - 128];
  return signal === undefined
    ? { exitCode: shellStatus, signal: undefined }
    : { exitCode: undefined, signal };
}
