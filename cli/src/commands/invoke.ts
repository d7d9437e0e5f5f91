import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { describeFunctionError } from '../invoke/function-error.ts';
import { type Invocation, type InvokeAnswer, invokeFunction } from '../invoke/invoke-call.ts';
import { dim, isDecorated, red } from '../output/terminal.ts';
import { findPlatform } from '../platform.ts';
import { type ProgramIo, readStdin } from '../program-io.ts';
import { withExample, withStateOption } from './command-help.ts';
import type { CommandContext } from './command-context.ts';

interface InvokeFlags {
  readonly data?: string;
  readonly tail?: boolean;
  readonly qualifier?: string;
  readonly dryRun?: boolean;
  readonly output: 'payload' | 'json';
  readonly state?: string;
}

/** `mayfly invoke`: one synchronous invocation over the Lambda API. */
export function makeInvokeCommand(context: CommandContext): Command {
  const command = new Command('invoke')
    .description('Call a function and print what it answers')
    .argument('<function>', 'name or ARN, with a qualifier after a colon if wanted')
    .option(
      '-d, --data <json>',
      'the event; @file reads a file, @- reads standard input (default: what is piped in)',
    )
    .option('--tail', 'print the end of the log of this invocation to standard error')
    .option('--qualifier <qualifier>', 'version or alias')
    .option('--dry-run', 'check that the function could be called, without calling it')
    .addOption(
      new Option('-o, --output <format>', 'the payload as it is, or everything as JSON')
        .choices(['payload', 'json'])
        .default('payload'),
    )
    .action(async (functionName: string, flags: InvokeFlags) => {
      const { control } = await findPlatform(context.io, flags);
      const answer = await invokeFunction(control, {
        functionName,
        payload: await readPayload(context.io, flags.data),
        isTailed: flags.tail === true,
        isDryRun: flags.dryRun === true,
        ...(flags.qualifier !== undefined && { qualifier: flags.qualifier }),
      } satisfies Invocation);
      if (flags.output === 'json') printJson(context.io, answer);
      else printAnswer(context.io, functionName, answer);
      context.finish(answer.functionError === undefined ? EXIT_CODES.ok : EXIT_CODES.failed);
    });
  return withExample(
    withStateOption(command),
    `mayfly invoke hello -d '{"name":"Ada"}' --tail`,
    'mayfly invoke hello -d @event.json',
  );
}

async function readPayload(io: ProgramIo, data: string | undefined): Promise<Buffer> {
  if (data === undefined) return io.isTty.stdin ? Buffer.alloc(0) : await readStdin(io);
  if (!data.startsWith('@')) return Buffer.from(data);
  const file = data.slice(1);
  if (file === '-') return await readStdin(io);
  try {
    return await readFile(resolve(io.cwd, file));
  } catch (error) {
    throw new CliError(EXIT_CODES.usage, `reading the event: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function printAnswer(io: ProgramIo, functionName: string, answer: InvokeAnswer): void {
  const isDecoratedErr = isDecorated(io, 'stderr');
  if (answer.logTail !== undefined) {
    for (const line of answer.logTail.trimEnd().split('\n')) {
      io.stderr.write(`${dim(line, isDecoratedErr)}\n`);
    }
  }
  io.stdout.write(answer.payload);
  // Pipes get the bytes as they are; a prompt starts on a line of its own.
  if (io.isTty.stdout && answer.payload.length > 0 && answer.payload.at(-1) !== 10) {
    io.stdout.write('\n');
  }
  if (answer.statusCode === 204) io.stderr.write(`${functionName} can be called\n`);
  if (answer.functionError !== undefined) {
    const text = describeFunctionError(functionName, answer.functionError, answer.payload);
    io.stderr.write(`${red(text, isDecoratedErr)}\n`);
  }
}

function printJson(io: ProgramIo, answer: InvokeAnswer): void {
  const { payload, ...rest } = answer;
  const text = payload.toString();
  let value: unknown = text;
  try {
    value = text === '' ? undefined : JSON.parse(text);
  } catch {
    // A custom runtime may answer with something else: shown as text.
  }
  io.stdout.write(`${JSON.stringify({ ...rest, payload: value }, undefined, 2)}\n`);
}
