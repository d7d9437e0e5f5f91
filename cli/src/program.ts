import { Command, CommanderError } from 'commander';
import { makeApplyCommand } from './commands/apply.ts';
import type { CommandContext } from './commands/command-context.ts';
import { makeDeleteCommand } from './commands/delete.ts';
import { makeGetCommand } from './commands/get.ts';
import { makeInvokeCommand } from './commands/invoke.ts';
import { makeLogsCommand } from './commands/logs.ts';
import { makeStartCommand } from './commands/start.ts';
import { CliError, EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { isDecorated, red } from './output/terminal.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { ProgramIo } from './program-io.ts';

const VERSION = packageJson.version;

const EXIT_CODE_HELP = `
Exit codes:
  0  done
  1  the function answered with an error, or an object was refused or is Failed
  2  wrong command line, or a file that cannot be read
  3  mayfly is not running
  4  refused: not found, throttled, conflict
  5  the platform failed or did not answer in time

NO_COLOR=1 turns colours and the spinner off; MAYFLY_DEBUG=1 shows the stack of errors.`;

/** Builds the program with all its commands. */
export function buildProgram(context: CommandContext): Command {
  const { io } = context;
  const program = new Command('mayfly')
    .description('AWS Lambda functions on your own machine')
    .helpCommand('help [command]', 'show the help of a command')
    .version(VERSION, '-V, --version', 'show the version')
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_CODE_HELP);
  const commands = [
    makeStartCommand(context),
    makeApplyCommand(context),
    makeGetCommand(context),
    makeInvokeCommand(context),
    makeLogsCommand(context),
    makeDeleteCommand(context),
  ];
  for (const command of commands) program.addCommand(command);
  // Not inherited by commands that are added, hence all of them.
  for (const command of [program, ...commands]) {
    command
      .exitOverride()
      .showHelpAfterError(`(see mayfly ${command === program ? '' : `${command.name()} `}--help)`)
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
      });
  }
  return program;
}

/** Runs the program with the arguments after its name. Never throws: errors become text and an exit code. */
export async function runProgram(
  args: readonly string[],
  io: ProgramIo,
  loadStartEmbedded: CommandContext['loadStartEmbedded'] = loadRun,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT_CODES.ok;
  const finish = (code: ExitCode): void => {
    exitCode = code;
  };
  try {
    await buildProgram({ io, loadStartEmbedded, finish }).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, io);
  }
}

// The platform is big: only `start` loads it.
async function loadRun(): ReturnType<CommandContext['loadStartEmbedded']> {
  return (await import('./start/run.ts')).startEmbedded;
}

function reportError(error: unknown, io: ProgramIo): ExitCode {
  // Commander has written its own text by now; help and version are no errors.
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  }
  io.stderr.write(`${red('error:', isDecorated(io, 'stderr'))} ${describe(error)}\n`);
  if ((io.env['MAYFLY_DEBUG'] ?? '') !== '' && error instanceof Error) {
    io.stderr.write(`${error.stack ?? ''}\n`);
  }
  return error instanceof CliError ? error.exitCode : EXIT_CODES.platformFault;
}

// The causes say what happened below: `starting the gateway: listen EADDRINUSE 127.0.0.1:8080`.
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CliError || error.cause === undefined) return error.message;
  return `${error.message}: ${describe(error.cause)}`;
}
