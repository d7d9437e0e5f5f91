import { z } from 'zod';
import { KINDS } from '../v1alpha1/kinds.ts';
import type { KindName, SpecOf } from '../v1alpha1/kinds.ts';
import { findPlannedField } from '../v1alpha1/planned-fields.ts';
import type { RuledObject } from '../v1alpha1/rules.ts';
import { describeIssue } from './describe-issue.ts';
import { formatPath, formatProblems } from './problem.ts';
import type { Problem } from './problem.ts';
import { suggestName } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** A problem with what is needed to drop it again when another one says the same better. */
interface Finding extends Problem {
  readonly code: Issue['code'];
}

/**
 * Lists everything that is wrong with a spec, in the words of the manifest; never throws. An empty list
 * means exactly that `applyDefaults` takes it.
 */
export function validateSpec(kind: KindName, spec: unknown): readonly Problem[] {
  const result = KINDS[kind].spec.safeParse(spec);
  if (result.success) return [];
  const findings = result.error.issues.flatMap((issue) => findingsOf(kind, spec, issue));
  return withoutEchoes(findings).map(({ path, message }) => ({ path, message }));
}

/**
 * The spec with every default filled in.
 * @throws Error when `validateSpec` finds a problem, with all of them in its message.
 */
export function applyDefaults<K extends KindName>(kind: K, spec: unknown): SpecOf<K> {
  const result = KINDS[kind].spec.safeParse(spec);
  if (result.success) return result.data as SpecOf<K>;
  const problems = formatProblems(validateSpec(kind, spec));
  throw new Error(`defaulting the spec of a ${kind}: ${problems}`, { cause: result.error });
}

/**
 * As `applyDefaults`, for a spec that a newer release may have validated: fields that this one does not know stay as
 * they are, and mean nothing here.
 * @throws Error when what is known is wrong
 */
export function readSpec<K extends KindName>(kind: K, spec: unknown): SpecOf<K> {
  const result = KINDS[kind].spec.safeParse(spec);
  if (result.success) return result.data as SpecOf<K>;
  const known = structuredClone(spec);
  const unknown = result.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
  for (const { path, keys } of unknown) for (const key of keys) deleteAt(known, [...path, key]);
  // Without those fields there may be others to find below them, but not for ever.
  if (unknown.length === 0) return applyDefaults(kind, spec);
  return restoreUnknown(readSpec(kind, known), spec) as SpecOf<K>;
}

function deleteAt(value: unknown, path: readonly PropertyKey[]): void {
  const [key, ...rest] = path;
  if (typeof value !== 'object' || value === null || key === undefined) return;
  if (rest.length === 0) Reflect.deleteProperty(value, key);
  else deleteAt(Reflect.get(value, key), rest);
}

/** What was read, with the fields of the original that are not in it. */
function restoreUnknown(read: unknown, original: unknown): unknown {
  if (Array.isArray(read) && Array.isArray(original)) {
    return read.map((item, index) => restoreUnknown(item, original[index]));
  }
  if (!isRecord(read) || !isRecord(original)) return read;
  const both = Object.entries(read).map(([key, value]) => [
    key,
    restoreUnknown(value, original[key]),
  ]);
  return { ...original, ...(Object.fromEntries(both) as Record<string, unknown>) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks what only the whole object shows, and, with `previous`, what an update must not change. Both
 * specs are valid and defaulted.
 */
export function validateObject(
  kind: KindName,
  object: RuledObject,
  previous?: RuledObject,
): readonly Problem[] {
  return KINDS[kind].rules
    .filter((rule) => !rule.holds(object, previous))
    .map(({ path, message }) => ({ path, message }));
}

function findingsOf(kind: KindName, spec: unknown, issue: Issue): readonly Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownField(kind, issue, key));
  }
  const path = formatPath(['spec', ...issue.path]);
  const value = valueAt(spec, issue.path);
  const planned = value === undefined ? undefined : findPlannedField(kind, path, value);
  const message = planned?.message ?? describeIssue(issue, value);
  return [{ path, message, code: issue.code }];
}

function unknownField(kind: KindName, issue: Issue, key: string): Finding {
  const path = formatPath(['spec', ...issue.path, key]);
  const planned = findPlannedField(kind, path);
  const message = planned?.message ?? unknownFieldMessage(kind, issue.path, key);
  return { path, message, code: issue.code };
}

function unknownFieldMessage(kind: KindName, path: readonly PropertyKey[], key: string): string {
  const near = suggestName(key, knownFields(KINDS[kind].spec, path));
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return `unknown field "${key}"${hint}`;
}

/** Names of the fields of the object that a path leads to. */
function knownFields(root: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const schema = path.reduce<unknown>((at, segment) => {
    const object = unwrap(at);
    return object instanceof z.ZodObject ? object.shape[String(segment)] : undefined;
  }, root);
  const object = unwrap(schema);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? unwrap(schema.unwrap())
    : schema;
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (Reflect.get(value, key) as unknown)
        : undefined,
    root,
  );
}

/** Drops what only repeats another finding in other words. */
function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => !isEcho(finding, findings));
}

function isEcho(finding: Finding, findings: readonly Finding[]): boolean {
  // The form of a text whose length is wrong already.
  if (finding.code === 'invalid_format') {
    return findings.some(({ path, code }) => path === finding.path && code !== finding.code);
  }
  // A rule about an object whose members are wrong themselves.
  return finding.code === 'custom' && findings.some(({ path }) => isInside(path, finding.path));
}

function isInside(path: string, outer: string): boolean {
  return path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}
