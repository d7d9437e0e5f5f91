import { Command, Option } from 'commander';
import type { Kind } from '@mayfly/core';
import { stringify } from 'yaml';
import type { ApiObject } from '../control-api/api-object.ts';
import type { ControlClient } from '../control-api/client.ts';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { toFunctionView } from '../function-view.ts';
import { toColumns } from '../output/printer-columns.ts';
import { formatAge, formatTable } from '../output/table.ts';
import { findPlatform } from '../platform.ts';
import type { KindNames } from '../resource-kinds.ts';
import { withExample, withStateOption } from './command-help.ts';
import type { CommandContext } from './command-context.ts';
import { parseObjectReference } from './object-reference.ts';

interface GetFlags {
  readonly output: 'table' | 'json' | 'yaml' | 'wide' | 'name';
  readonly state?: string;
}

/** `mayfly get`: one object or all of a kind. */
export function makeGetCommand(context: CommandContext): Command {
  const command = new Command('get')
    .description('Show functions and other objects')
    .argument('[kind]', 'functions (fn), versions, aliases, esm; or kind/name', 'functions')
    .argument('[name]', 'one object; without it all of the kind')
    .addOption(
      new Option('-o, --output <format>', 'form of the output')
        .choices(['table', 'json', 'yaml', 'wide', 'name'])
        .default('table'),
    )
    .action(async (kindWord: string, nameWord: string | undefined, flags: GetFlags) => {
      const { names, name } = parseObjectReference(kindWord, nameWord);
      const { client } = await findPlatform(context.io, flags);
      const objects = await readObjects(client, names, name);
      if (objects.length === 0 && flags.output !== 'json' && flags.output !== 'yaml') {
        context.io.stderr.write(`No ${names.plural} found.\n`);
        return;
      }
      context.io.stdout.write(render({ names, objects, isSingle: name !== undefined }, flags));
    });
  return withExample(withStateOption(command), 'mayfly get', 'mayfly get function hello -o yaml');
}

async function readObjects(
  client: ControlClient,
  names: KindNames,
  name: string | undefined,
): Promise<readonly ApiObject[]> {
  if (name === undefined) {
    const objects = await client.list(names.kind);
    return objects.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }
  const object = await client.get(names.kind, name);
  if (object === undefined) {
    throw new CliError(EXIT_CODES.refused, `there is no ${names.singular} "${name}"`);
  }
  return [object];
}

interface Selection {
  readonly names: KindNames;
  readonly objects: readonly ApiObject[];
  readonly isSingle: boolean;
}

function render(selection: Selection, flags: GetFlags): string {
  const { names, objects } = selection;
  switch (flags.output) {
    case 'json':
      return `${JSON.stringify(toDocument(selection), undefined, 2)}\n`;
    case 'yaml':
      return stringify(toDocument(selection));
    case 'name':
      return objects.map((object) => `${names.singular}/${object.metadata.name}\n`).join('');
    case 'table':
      return toTable(names.kind, objects, false);
    case 'wide':
      return toTable(names.kind, objects, true);
  }
}

function toDocument({ objects, isSingle }: Selection): unknown {
  return isSingle ? objects[0] : { apiVersion: 'v1', kind: 'List', items: objects };
}

function toTable(kind: Kind, objects: readonly ApiObject[], isWide: boolean): string {
  if (kind === 'Function') return toFunctionTable(objects, isWide);
  return formatTable(toColumns(kind, objects, { isWide, nowMs: Date.now() }));
}

function toFunctionTable(objects: readonly ApiObject[], isWide: boolean): string {
  const views = objects.map((object) => ({ object, view: toFunctionView(object) }));
  const hasReasons = views.some(({ view }) => view.reason !== '');
  const header = [
    ...['NAME', 'RUNTIME', 'STATE', 'READY', 'URL', 'AGE'],
    ...(isWide ? ['HANDLER', 'MEMORY', 'TIMEOUT', 'ENVIRONMENTS'] : []),
    ...(hasReasons ? ['REASON'] : []),
  ];
  const rows = views.map(({ object, view }) => [
    ...[object.metadata.name, view.spec.runtime, view.status.state ?? 'Pending', view.ready],
    ...[view.status.url ?? '', ageOf(object)],
    ...(isWide ? toWideCells(view) : []),
    ...(hasReasons ? [view.reason] : []),
  ]);
  return formatTable([header, ...rows]);
}

function toWideCells({ spec, status }: ReturnType<typeof toFunctionView>): string[] {
  const { ready, desired } = status.executionEnvironments ?? { ready: 0, desired: 0 };
  return [
    spec.handler,
    spec.memorySize === undefined ? '' : `${spec.memorySize.toString()}MB`,
    spec.timeout === undefined ? '' : `${spec.timeout.toString()}s`,
    `${ready.toString()}/${desired.toString()}`,
  ];
}

function ageOf(object: ApiObject): string {
  return formatAge(Date.now() - Date.parse(object.metadata.creationTimestamp));
}
