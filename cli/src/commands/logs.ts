import { Command, Option } from 'commander';
import type { LogRecord } from '@mayfly/core';
import { dim, isDecorated } from '../output/terminal.ts';
import { findPlatform } from '../platform.ts';
import { withExample, withStateOption } from './command-help.ts';
import type { CommandContext } from './command-context.ts';
import { parseCount } from './flag-values.ts';

interface LogsFlags {
  readonly follow?: boolean;
  readonly tail: number;
  readonly output: 'text' | 'json';
  readonly state?: string;
}

const DEFAULT_TAIL_LINES = 100;

/** `mayfly logs`: what a function and the platform wrote about it. */
export function makeLogsCommand(context: CommandContext): Command {
  const command = new Command('logs')
    .description('Show the log of a function')
    .argument('<function>', 'name of the function')
    .option('-f, --follow', 'go on with new lines until Ctrl-C')
    .option('--tail <lines>', 'how many of the last lines to show', parseCount, DEFAULT_TAIL_LINES)
    .addOption(
      new Option('-o, --output <format>', 'text lines, or one JSON record a line')
        .choices(['text', 'json'])
        .default('text'),
    )
    .action(async (name: string, flags: LogsFlags) => {
      const { io } = context;
      const { client } = await findPlatform(io, flags);
      const isFollowed = flags.follow === true;
      const isDimmed = isDecorated(io, 'stdout');
      for await (const record of client.readLog({ name, tailLines: flags.tail, isFollowed })) {
        const text = flags.output === 'json' ? JSON.stringify(record) : toText(record, isDimmed);
        io.stdout.write(`${text}\n`);
      }
      // A followed log has no end of its own.
      if (isFollowed) io.stderr.write('mayfly has stopped; this was the end of the log\n');
    });
  return withExample(withStateOption(command), 'mayfly logs hello -f --tail 20');
}

// START, END and REPORT frame what matters: the function's own lines.
function toText(record: LogRecord, isDimmed: boolean): string {
  return record.source === 'platform' ? dim(record.message, isDimmed) : record.message;
}
