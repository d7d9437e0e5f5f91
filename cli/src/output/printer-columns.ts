import { KINDS, type KindName, type PrinterColumn } from '@mayfly/api';
import type { ApiObject } from '../control-api/api-object.ts';
import { formatAge } from './table.ts';

/** `.status.conditions[?(@.type=="Ready")].status`: a member of the one condition of that type. */
const OF_CONDITION = /^\.status\.conditions\[\?\(@\.type=="(\w+)"\)\]\.(\w+)$/;

/** Objects of a kind as `kubectl get` shows them: a header and a row for each. */
export function toColumns(
  kind: KindName,
  objects: readonly ApiObject[],
  { isWide, nowMs }: { readonly isWide: boolean; readonly nowMs: number },
): readonly (readonly string[])[] {
  const all: readonly PrinterColumn[] = KINDS[kind].columns;
  const columns = all.filter(({ priority }) => isWide || priority === undefined);
  const header = ['NAME', ...columns.map(({ name }) => name.toUpperCase())];
  const rows = objects.map((object) => [
    object.metadata.name,
    ...columns.map((column) => toCell(column, object, nowMs)),
  ]);
  return [header, ...rows];
}

function toCell({ type, jsonPath }: PrinterColumn, object: ApiObject, nowMs: number): string {
  const value = readPath(object, jsonPath);
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return type === 'date' ? formatAge(nowMs - Date.parse(text)) : text;
}

/** The two forms of paths that our columns have. */
function readPath(object: unknown, jsonPath: string): unknown {
  const [, type, member = ''] = OF_CONDITION.exec(jsonPath) ?? [];
  if (type === undefined) return jsonPath.slice(1).split('.').reduce(readMember, object);
  const conditions: unknown = readPath(object, '.status.conditions');
  const all: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const found = all.find((condition) => readMember(condition, 'type') === type);
  return readMember(found, member);
}

function readMember(value: unknown, member: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[member];
}
