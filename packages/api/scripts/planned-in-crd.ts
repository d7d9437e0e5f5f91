import { CEL_KEY, PLANNED_FIELDS } from '@mayfly/api';
import type { KindName, PlannedField, PlannedType } from '@mayfly/api';
import type { SchemaNode } from './structural-schema.ts';

const ANY_OBJECT: SchemaNode = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const SCHEMAS: Readonly<Record<PlannedType, SchemaNode>> = {
  string: { type: 'string' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  object: ANY_OBJECT,
  strings: { type: 'array', items: { type: 'string' } },
  objects: { type: 'array', items: ANY_OBJECT },
};

/**
 * Declares the fields that are not served yet, each with a refusal. What a schema does not declare an API server
 * drops, and says so only to clients that ask: `kubectl apply` does, many others do not.
 */
export function withPlannedFields(kind: KindName, spec: SchemaNode): SchemaNode {
  return PLANNED_FIELDS.filter((field) => field.kind === kind).reduce((node, field) => {
    return field.type === undefined ? node : declare(node, field);
  }, spec);
}

function declare(spec: SchemaNode, field: PlannedField): SchemaNode {
  const visit = (node: SchemaNode, [name = '', ...rest]: readonly string[]): SchemaNode => {
    if (rest.length === 0) return refuse(node, name, field);
    const child = node.properties?.[name];
    if (child === undefined) throw new Error(`declaring ${field.path}: there is no ${name}`);
    return withProperty(node, name, visit(child, rest));
  };
  return visit(spec, field.path.split('.').slice(1));
}

function refuse(node: SchemaNode, name: string, field: PlannedField): SchemaNode {
  const rules = (node[CEL_KEY] ?? []) as readonly unknown[];
  const { message } = field;
  const rule = {
    rule: `!has(self.${name})`,
    message,
    fieldPath: `.${name}`,
    reason: 'FieldValueForbidden',
  };
  const { properties = {}, ...rest } = node;
  return withProperty({ ...rest, [CEL_KEY]: [...rules, rule], properties }, name, makeNode(field));
}

function makeNode({ type = 'object', message }: PlannedField): SchemaNode {
  return { ...SCHEMAS[type], description: `This field ${message}.` };
}

function withProperty(node: SchemaNode, name: string, child: SchemaNode): SchemaNode {
  return { ...node, properties: { ...node.properties, [name]: child } };
}
