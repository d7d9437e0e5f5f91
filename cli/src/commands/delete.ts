import { SOURCE_ANNOTATION } from '@mayfly/local';
import { Command } from 'commander';
import type { Kind } from '@mayfly/core';
import type { ControlClient } from '../control-api/client.ts';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { formatProblem, readManifests } from '../manifests/read-manifests.ts';
import { startSpinner } from '../output/terminal.ts';
import { findPlatform } from '../platform.ts';
import { formatReference } from '../resource-kinds.ts';
import { withExample, withStateOption } from './command-help.ts';
import type { CommandContext } from './command-context.ts';
import { appendText, makeWaitTimeoutOption } from './flag-values.ts';
import { parseObjectReference } from './object-reference.ts';
import { poll } from '../poll.ts';

interface DeleteFlags {
  readonly filename?: readonly string[];
  readonly wait: boolean;
  readonly timeout: number;
  readonly ignoreNotFound?: boolean;
  readonly state?: string;
}

interface DeleteTarget {
  readonly kind: Kind;
  readonly name: string;
}

/** `mayfly delete`: one object, or those of manifests. */
export function makeDeleteCommand(context: CommandContext): Command {
  const command = new Command('delete')
    .description('Delete an object, or the objects of manifests')
    .argument('[kind]', 'functions (fn), versions, aliases, esm; or kind/name')
    .argument('[name]', 'name of the object')
    .option('-f, --filename <file>', 'manifest, folder or - (repeatable)', appendText)
    .option('--no-wait', 'do not wait until they are gone')
    .addOption(makeWaitTimeoutOption())
    .option('--ignore-not-found', 'an object that does not exist is no error')
    .action(
      async (
        kind: string | undefined,
        name: string | undefined,
        flags: DeleteFlags,
      ): Promise<void> => {
        const targets = await findTargets(context, { kind, name, files: flags.filename ?? [] });
        const { client } = await findPlatform(context.io, flags);
        for (const target of targets) await deleteOne(context, client, { target, flags });
      },
    );
  return withExample(
    withStateOption(command),
    'mayfly delete function hello',
    'mayfly delete -f examples/hello.yaml',
  );
}

interface Wish {
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly files: readonly string[];
}

async function findTargets(context: CommandContext, wish: Wish): Promise<readonly DeleteTarget[]> {
  if (wish.files.length > 0) {
    if (wish.kind !== undefined) {
      throw new CliError(EXIT_CODES.usage, 'give either <kind> <name> or -f, not both');
    }
    const { manifests, problems } = await readManifests(context.io, wish.files);
    for (const problem of problems) context.io.stderr.write(`${formatProblem(problem)}\n`);
    if (problems.length > 0) context.finish(EXIT_CODES.failed);
    return manifests.map(({ object }) => ({ kind: object.kind, name: object.metadata.name }));
  }
  if (wish.kind === undefined) {
    throw new CliError(EXIT_CODES.usage, 'say what to delete: <kind> <name>, or -f <file>');
  }
  const { names, name } = parseObjectReference(wish.kind, wish.name);
  if (name === undefined) {
    throw new CliError(EXIT_CODES.usage, `say which of the ${names.plural} to delete`);
  }
  return [{ kind: names.kind, name }];
}

async function deleteOne(
  context: CommandContext,
  client: ControlClient,
  { target, flags }: { readonly target: DeleteTarget; readonly flags: DeleteFlags },
): Promise<void> {
  const { io } = context;
  const reference = formatReference(target.kind, target.name);
  const object = await client.get(target.kind, target.name);
  if (object === undefined || !(await client.delete(target.kind, target.name))) {
    if (flags.ignoreNotFound === true) return;
    io.stderr.write(`${reference} does not exist\n`);
    context.finish(EXIT_CODES.refused);
    return;
  }
  if (flags.wait && !(await waitUntilGone(context, client, { target, flags, reference }))) {
    const seconds = (flags.timeout / 1000).toString();
    io.stderr.write(`${reference} is marked for deletion and still there after ${seconds} s\n`);
    context.finish(EXIT_CODES.failed);
    return;
  }
  io.stdout.write(`${reference} deleted\n`);
  const source = object.metadata.annotations?.[SOURCE_ANNOTATION];
  if (source !== undefined) {
    io.stderr.write(
      `${reference} comes from ${source} in the platform's folder: as long as that file is there, it comes back\n`,
    );
  }
}

async function waitUntilGone(
  context: CommandContext,
  client: ControlClient,
  wish: { readonly target: DeleteTarget; readonly flags: DeleteFlags; readonly reference: string },
): Promise<boolean> {
  const spinner = startSpinner(context.io, `waiting until ${wish.reference} is gone`);
  try {
    const gone = await poll(wish.flags.timeout, async () => {
      const object = await client.get(wish.target.kind, wish.target.name);
      // One that is not being deleted has the same name and is a new one.
      return object?.metadata.deletionTimestamp === undefined ? true : undefined;
    });
    return gone === true;
  } finally {
    spinner.stop();
  }
}
