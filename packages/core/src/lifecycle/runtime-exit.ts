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
