import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { DEFAULT_STATE_DIRECTORY } from '../control-api/control-file.ts';
import { CliError, EXIT_CODES, type ExitCode } from '../exit-codes.ts';
import type { ProgramIo } from '../program-io.ts';
import { type EmbeddedHandle, type StartEmbedded, StartOptions } from '../start/options.ts';
import { withExample } from './command-help.ts';
import type { CommandContext } from './command-context.ts';
import { appendText } from './flag-values.ts';

interface StartFlags {
  readonly dir?: readonly string[];
  readonly port: string;
  readonly host: string;
  readonly adminPort: string;
  readonly state: string;
  readonly logLevel: string;
  readonly idleSeconds?: string;
  readonly requireSignatures?: boolean;
}

/** `mayfly start`: the whole platform in this process, until a signal. */
export function makeStartCommand(context: CommandContext): Command {
  const command = new Command('start')
    .description('Run the platform on this machine until Ctrl-C')
    .option(
      '--dir <directory>',
      'apply the YAML files of this folder, now and on change (repeatable)',
      appendText,
    )
    .option('--port <number>', 'port of the Lambda API and function URLs; 0: any', '8080')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--admin-port <number>', 'port of /healthz, /readyz and /metrics; 0: any', '8081')
    .option('--state <directory>', 'where everything is kept', DEFAULT_STATE_DIRECTORY)
    .addOption(
      new Option('--log-level <level>', 'least severe log that is written')
        .choices(StartOptions.shape.logLevel.options)
        .default('info'),
    )
    .option(
      '--require-signatures',
      'take only requests that an access key of this platform signs (default: unless --host is of loopback)',
    )
    .option('--no-require-signatures', 'let whoever reaches the address do everything')
    .option('--idle-seconds <number>', 'how long an idle execution environment is kept')
    .action(async (flags: StartFlags) => {
      const options = parseStartFlags(flags, context.io);
      const startEmbedded = await context.loadStartEmbedded();
      context.finish(await runUntilSignal(startEmbedded, options, context.io));
    });
  return withExample(command, 'mayfly start --dir examples --port 9000');
}

const FLAG_NAMES: Readonly<Record<string, string>> = {
  port: '--port',
  adminPort: '--admin-port',
  host: '--host',
  idleSeconds: '--idle-seconds',
  logLevel: '--log-level',
};

/**
 * Reads the flags of `start`; every mistake is reported at once.
 * @throws CliError `usage`
 */
export function parseStartFlags(flags: StartFlags, io: ProgramIo): StartOptions {
  const parsed = StartOptions.safeParse({
    directories: (flags.dir ?? []).map((directory) => resolve(io.cwd, directory)),
    host: flags.host,
    port: toNumber(flags.port),
    adminPort: toNumber(flags.adminPort),
    stateDirectory: resolve(io.cwd, flags.state),
    logLevel: flags.logLevel,
    idleSeconds: flags.idleSeconds === undefined ? undefined : toNumber(flags.idleSeconds),
    requiresSignatures: flags.requireSignatures,
    isTerminal: io.isTty.stdout,
  });
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => {
    const member = String(issue.path[0]);
    return `${FLAG_NAMES[member] ?? member} ${issue.message}`;
  });
  throw new CliError(EXIT_CODES.usage, mistakes.join('; '));
}

/**
 * Starts the platform and waits: the first signal drains it, a second one stops it at once, and a third
 * finds no listener and ends the process.
 */
export async function runUntilSignal(
  startEmbedded: StartEmbedded,
  options: StartOptions,
  io: ProgramIo,
): Promise<ExitCode> {
  // Listens before the start: Ctrl-C while things come up must end them, not orphan them.
  const signals = new StopSignals(io);
  try {
    const handle = await Promise.race([
      startEmbedded(options, io.env),
      signals.second.then(() => undefined),
    ]);
    if (handle === undefined) return EXIT_CODES.interrupted;
    await signals.first;
    const isDrained = await Promise.race([
      handle.close().then(() => true),
      signals.second.then(() => false),
    ]);
    return isDrained ? EXIT_CODES.ok : await stopAtOnce(handle, signals);
  } finally {
    signals.stop();
  }
}

async function stopAtOnce(handle: EmbeddedHandle, signals: StopSignals): Promise<ExitCode> {
  signals.stop();
  await handle.destroy();
  return EXIT_CODES.interrupted;
}

class StopSignals {
  readonly first: Promise<void>;
  readonly second: Promise<void>;
  readonly stop: () => void;

  constructor(io: ProgramIo) {
    const one = Promise.withResolvers<undefined>();
    const two = Promise.withResolvers<undefined>();
    let count = 0;
    this.first = one.promise;
    this.second = two.promise;
    this.stop = io.onStopSignal(() => {
      count += 1;
      (count === 1 ? one : two).resolve(undefined);
    });
  }
}

function toNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
