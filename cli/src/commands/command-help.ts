import type { Command } from 'commander';
import { DEFAULT_STATE_DIRECTORY } from '../control-api/control-file.ts';

/** Adds examples below the options of a command's help. */
export function withExample(command: Command, ...examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`).join('\n');
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', `\n${title}\n${lines}`);
}

/** Adds the option that says which platform is meant. */
export function withStateOption(command: Command): Command {
  return command.option(
    '--state <directory>',
    `state directory of the platform (default: ${DEFAULT_STATE_DIRECTORY} here or in a parent directory)`,
  );
}
