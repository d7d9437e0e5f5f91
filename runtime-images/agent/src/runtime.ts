import type { LogProducer } from './log-writer.ts';

/** Why a runtime is no more, in Lambda's words. */
export interface RuntimeFailure {
  readonly errorType: string;
  readonly reason: string;
}

/** What a runtime is started with. */
export interface RuntimeOptions {
  readonly executionEnvironmentId: string;
  readonly command: readonly [string, ...string[]];
  /** Programs to look for; the first that exists takes the place of the command's. */
  readonly candidates: readonly string[];
  readonly workingDirectory: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Whether a variable only fills in for one that the image does not have. */
  readonly isPreset: (name: string) => boolean;
  readonly onLine: (line: string) => void;
  /** Called once when the process has ended or could not be started; never before `start` has returned. */
  readonly onEnd: (failure: RuntimeFailure) => void;
}

/** A runtime and everything that it starts: a child of the agent, or in a container of its own. */
export interface Runtime extends LogProducer {
  /** Asks it to end, then kills what is left. */
  terminate(graceMs: number): Promise<void>;
  /** Kills it; resolves when nothing of it runs and its last output has been read. */
  kill(): Promise<void>;
  /** Memory that counts against the limit; 0 when somebody else watches that. */
  readMemoryBytes(): number;
  /** The most memory the runtime ever held, as far as that is known now. */
  readPeakMemoryMb(): number;
}

/** Starts a runtime. */
export type StartRuntime = (options: RuntimeOptions) => Runtime;

/** Lambda's words for a program that does not exist. */
export function describeMissing(options: RuntimeOptions): RuntimeFailure {
  const { candidates, command } = options;
  const programs = candidates.length === 0 ? [command[0]] : candidates;
  return {
    errorType: 'Runtime.InvalidEntrypoint',
    reason: `Couldn't find valid bootstrap(s): [${programs.join(' ')}]`,
  };
}

/** Lambda's words for a program that cannot be run. */
export function describeUnrunnable(program: string, detail: string): RuntimeFailure {
  return {
    errorType: 'Runtime.InvalidEntrypoint',
    reason: `fork/exec ${program}: ${detail}`,
  };
}

/** Whether the promise was settled in time. */
export function settleWithin(promise: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(false);
    }, deadlineMs);
    void promise.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
