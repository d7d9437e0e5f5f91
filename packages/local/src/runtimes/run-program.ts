import { execFile } from 'node:child_process';

/** How a program ended. */
export type ProgramResult =
  | { readonly kind: 'succeeded'; readonly output: string }
  | { readonly kind: 'failed'; readonly lastLine: string };

/** What to run and for how long. */
export interface ProgramOptions {
  readonly timeoutMs: number;
  readonly environmentVariables: Readonly<Record<string, string>>;
}

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** Runs a program to its end. Failure to start, a bad exit code and the deadline are all `failed`. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const settings = {
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      env: { ...options.environmentVariables },
      maxBuffer: MAX_OUTPUT_BYTES,
    } as const;
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (error === null) {
        resolve({ kind: 'succeeded', output: stdout });
        return;
      }
      const line = findLastLine(stderr) ?? findLastLine(stdout) ?? error.message;
      resolve({ kind: 'failed', lastLine: line });
    });
  });
}

function findLastLine(output: string): string | undefined {
  return output
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}
