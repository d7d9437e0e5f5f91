import { z } from 'zod';

/** A JSON schema node as the API server wants it in a CRD: no references, no unions. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode;
  readonly [keyword: string]: unknown;
}

/** Words of JSON schema that a structural schema must not hold, or that zod writes without need. */
const DROPPED_KEYWORDS = new Set(['$schema', '$id', 'id']);
/** Words that a structural schema cannot express; meeting one is a mistake in a kind's schema. */
const FORBIDDEN_KEYWORDS = ['$ref', 'anyOf', 'oneOf', 'allOf', 'not', 'nullable'];
const PRESERVE = 'x-kubernetes-preserve-unknown-fields';

/** The structural OpenAPI v3 schema of a zod object. */
export function toStructuralSchema(schema: z.ZodObject): SchemaNode {
  return clean(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as SchemaNode, '');
}

function clean(node: SchemaNode, path: string): SchemaNode {
  const forbidden = FORBIDDEN_KEYWORDS.find((keyword) => keyword in node);
  if (forbidden !== undefined) throw new Error(`${path}: ${forbidden} cannot be in a CRD`);
  if (node[PRESERVE] === true) {
    return { type: 'object', description: node.description ?? '', [PRESERVE]: true };
  }
  const entries = Object.entries(isLoose(node) ? preserving(node) : node)
    .filter(([keyword, value]) => isKept(keyword, value))
    .map(([keyword, value]) => [keyword, cleanKeyword(keyword, value, path)] as const);
  return withListType(Object.fromEntries(sortKeywords(entries)));
}

/** Declares members and takes any other: only what is declared can rules compare. */
function isLoose({ properties, additionalProperties }: SchemaNode): boolean {
  return (
    properties !== undefined &&
    typeof additionalProperties === 'object' &&
    Object.keys(additionalProperties).length === 0
  );
}

function preserving({ additionalProperties: _any, ...node }: SchemaNode): SchemaNode {
  return { ...node, [PRESERVE]: true };
}

function isKept(keyword: string, value: unknown): boolean {
  if (DROPPED_KEYWORDS.has(keyword)) return false;
  if (keyword === 'additionalProperties' && value === false) return false;
  // zod bounds every integer by what a double holds exactly.
  return !['minimum', 'maximum'].includes(keyword) || Math.abs(Number(value)) < 2 ** 53 - 1;
}

function cleanKeyword(keyword: string, value: unknown, path: string): unknown {
  switch (keyword) {
    case 'properties':
      return Object.fromEntries(
        Object.entries(value as Record<string, SchemaNode>).map(([name, child]) => [
          name,
          clean(child, `${path}.${name}`),
        ]),
      );
    case 'items':
    case 'additionalProperties':
      return clean(value as SchemaNode, `${path}[]`);
    default:
      return value;
  }
}

const KEYWORD_ORDER = ['type', 'description', 'default', 'enum', 'required'];
const LAST_KEYWORDS = ['items', 'additionalProperties', 'properties'];

function sortKeywords<T>(entries: readonly (readonly [string, T])[]): (readonly [string, T])[] {
  return entries.toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function rank(keyword: string): number {
  const first = KEYWORD_ORDER.indexOf(keyword);
  const last = LAST_KEYWORDS.indexOf(keyword);
  if (first >= 0) return first;
  return last >= 0 ? 200 + last : 100;
}

/** Conditions are merged by their type, so that two writers do not overwrite each other. */
function withListType(node: SchemaNode): SchemaNode {
  const conditions = node.properties?.['conditions'];
  if (conditions === undefined) return node;
  const merged = {
    ...conditions,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  };
  return { ...node, properties: { ...node.properties, conditions: merged } };
}
