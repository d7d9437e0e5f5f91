import { API_VERSION, CEL_KEY, KINDS, PLANNED_FIELDS, unservedKindReason } from '@mayfly/api';
import type { KindDefinition, KindName } from '@mayfly/api';
import { toStructuralSchema } from './structural-schema.ts';
import type { SchemaNode } from './structural-schema.ts';

/** The documentation of a kind: every field, every rule, every field that is not served yet. */
export function makeReferencePage(kind: KindName): string {
  const definition: KindDefinition = KINDS[kind];
  const spec = toStructuralSchema(definition.spec);
  const status = toStructuralSchema(definition.status);
  const sections = [
    `# ${kind}`,
    definition.description,
    `\`apiVersion: ${API_VERSION}\`, short name \`${definition.shortNames.join('`, `')}\`.`,
    unservedNote(kind),
    '## Spec',
    makeTable(SPEC_HEADER, specRows('', spec)),
    '## Rules',
    [
      ...definition.rules.map(({ path, message }) => `- \`${path}\` ${message}.`),
      ...rules('spec', spec),
    ].join('\n'),
    '## Not served yet',
    'A manifest that sets one of these is refused with the sentence beside it.',
    makeTable(
      ['Field', 'Sentence'],
      PLANNED_FIELDS.filter((field) => field.kind === kind).map(({ path, value, message }) => [
        value === undefined ? `\`${path}\`` : `\`${path}: ${value}\``,
        message,
      ]),
    ),
    '## Status',
    makeTable(STATUS_HEADER, statusRows('', status)),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const SPEC_HEADER = ['Field', 'Type', 'Default', 'Bounds', 'Description'];
const STATUS_HEADER = ['Field', 'Type', 'Description'];

function unservedNote(kind: KindName): string {
  const reason = unservedKindReason(kind);
  return reason === undefined ? '' : `> ${reason}.`;
}

function specRows(prefix: string, node: SchemaNode): readonly (readonly string[])[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`;
    const isRequired = node.required?.includes(name) ?? false;
    const row = [
      `\`${path}\``,
      typeName(child),
      isRequired ? '**required**' : defaultText(child),
      bounds(child),
      child.description ?? '',
    ];
    return [row, ...specRows(`${path}.`, child)];
  });
}

function statusRows(prefix: string, node: SchemaNode): readonly (readonly string[])[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`;
    const nested = child.items ?? child;
    return [
      [`\`${path}\``, typeName(child), child.description ?? ''],
      ...statusRows(child.items === undefined ? `${path}.` : `${path}[].`, nested),
    ];
  });
}

function typeName(node: SchemaNode): string {
  if (node.items !== undefined) return `list of ${typeName(node.items)}`;
  if (node.additionalProperties !== undefined)
    return `map to ${typeName(node.additionalProperties)}`;
  return node.type ?? '';
}

function defaultText(node: SchemaNode): string {
  return node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;
}

const BOUND_WORDS: Readonly<Record<string, string>> = {
  minimum: 'min',
  maximum: 'max',
  minLength: 'min length',
  maxLength: 'max length',
  minItems: 'min items',
  maxItems: 'max items',
  maxProperties: 'max entries',
};

function bounds(node: SchemaNode): string {
  const numbers = Object.entries(BOUND_WORDS)
    .filter(([keyword]) => node[keyword] !== undefined)
    .map(([keyword, word]) => `${word} ${String(node[keyword])}`);
  const choices =
    node.enum === undefined ? [] : [node.enum.map((value) => `\`${String(value)}\``).join(' or ')];
  const pattern = node.pattern === undefined ? [] : [`\`${node.pattern}\``];
  const items = node.items === undefined ? '' : bounds(node.items);
  return [...choices, ...numbers, ...pattern, ...(items === '' ? [] : [`each: ${items}`])].join(
    ', ',
  );
}

/** The rules of a schema in words, with the path of the object that they are about. */
function rules(path: string, node: SchemaNode): readonly string[] {
  const own = (node[CEL_KEY] ?? []) as readonly { readonly message: string }[];
  return [
    ...own.map(({ message }) => `- \`${path}\` ${message}.`),
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
      rules(`${path}.${name}`, child),
    ),
    ...(node.items === undefined ? [] : rules(`${path}[]`, node.items)),
  ];
}

function makeTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}
