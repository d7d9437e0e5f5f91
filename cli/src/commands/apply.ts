import { unservedKindReason } from '@mayfly/api';
import { Command, Option } from 'commander';
import type { ControlClient } from '../control-api/client.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { applyObject } from '../manifests/apply-object.ts';
import { ApplyReport } from '../manifests/apply-report.ts';
import { type Manifest, readManifests } from '../manifests/read-manifests.ts';
import { waitForFunctions } from '../manifests/wait-for-functions.ts';
import { startSpinner } from '../output/terminal.ts';
import { findPlatform } from '../platform.ts';
import type { ProgramIo } from '../program-io.ts';
import { formatReference } from '../resource-kinds.ts';
import { withExample, withStateOption } from './command-help.ts';
import type { CommandContext } from './command-context.ts';
import { appendText, makeWaitTimeoutOption } from './flag-values.ts';

interface ApplyFlags {
  readonly filename: readonly string[];
  readonly wait: boolean;
  readonly timeout: number;
  readonly output: 'text' | 'json';
  readonly state?: string;
}

/** `mayfly apply`: makes the platform's objects be as the manifests say. */
export function makeApplyCommand(context: CommandContext): Command {
  const command = new Command('apply')
    .description('Create or change objects from YAML, and wait until functions are ready')
    .addOption(
      new Option('-f, --filename <file>', 'manifest, folder or - for standard input (repeatable)')
        .argParser(appendText)
        .makeOptionMandatory(),
    )
    .option('--no-wait', 'do not wait until functions are ready')
    .addOption(makeWaitTimeoutOption())
    .addOption(
      new Option('-o, --output <format>', 'lines for people, or a JSON report')
        .choices(['text', 'json'])
        .default('text'),
    )
    .action(async (flags: ApplyFlags) => {
      const { io } = context;
      const { manifests, problems } = await readManifests(io, flags.filename);
      const { client } = await findPlatform(io, flags);
      const report = new ApplyReport(io, flags.output);
      for (const problem of problems) report.addProblem(problem);
      for (const manifest of manifests) await applyManifest(client, manifest, report);
      if (flags.wait) await waitForReport(client, report, { io, timeoutMs: flags.timeout });
      context.finish(report.end() ? EXIT_CODES.ok : EXIT_CODES.failed);
    });
  return withExample(
    withStateOption(command),
    'mayfly apply -f hello.yaml',
    'mayfly apply -f functions/ --timeout 2m',
  );
}

async function applyManifest(
  client: ControlClient,
  { object, file, line }: Manifest,
  report: ApplyReport,
): Promise<void> {
  const outcome = await applyObject(client, object);
  if (outcome.kind !== 'invalid') {
    const reference = formatReference(object.kind, object.metadata.name);
    report.addApplied(reference, outcome.kind);
    const note = unservedKindReason(object.kind);
    if (note !== undefined) report.addNote(reference, note);
    return;
  }
  const causes =
    outcome.causes.length > 0 ? outcome.causes : [{ field: '', message: outcome.message }];
  for (const { field, message } of causes) {
    report.addProblem({ file, line, field, reason: message });
  }
}

async function waitForReport(
  client: ControlClient,
  report: ApplyReport,
  { io, timeoutMs }: { readonly io: ProgramIo; readonly timeoutMs: number },
): Promise<void> {
  const prefix = formatReference('Function', '');
  const names = report.applied
    .filter((reference) => reference.startsWith(prefix))
    .map((reference) => reference.slice(prefix.length));
  if (names.length === 0) return;
  const spinner = startSpinner(io, `waiting for ${names.join(', ')}`);
  try {
    await waitForFunctions(client, {
      names,
      timeoutMs,
      onPending: (pending) => {
        spinner.update(`waiting for ${pending.join(', ')}`);
      },
      onResult: (result) => {
        spinner.clear();
        const reference = `${prefix}${result.name}`;
        if (result.kind === 'ready') report.addReady(reference);
        else report.addFailure(reference, toSentence(result, timeoutMs));
      },
    });
  } finally {
    spinner.stop();
  }
}

function toSentence(
  result: { readonly kind: 'failed' | 'late'; readonly reason: string },
  timeoutMs: number,
): string {
  const seconds = (timeoutMs / 1000).toString();
  return result.kind === 'failed'
    ? `failed: ${result.reason}`
    : `not ready after ${seconds} s: ${result.reason}`;
}
