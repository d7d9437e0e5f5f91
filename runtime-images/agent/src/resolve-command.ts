import { existsSync } from 'node:fs';
import type { RuntimeOptions } from './runtime.ts';

/** The command with the first candidate that exists; as it is when there is none. */
export function resolveCommand(
  options: Pick<RuntimeOptions, 'command' | 'candidates'>,
): readonly [string, ...string[]] {
  const [program, ...programArguments] = options.command;
  return [options.candidates.find((path) => existsSync(path)) ?? program, ...programArguments];
}
