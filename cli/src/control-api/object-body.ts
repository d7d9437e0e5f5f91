import { API_VERSION } from '@mayfly/api';
import type { NewObject, ResourceKinds } from '@mayfly/core';
import { z } from 'zod';
import type { KindNames } from '../resource-kinds.ts';
import { ApiStatusError, type StatusCause } from './api-status.ts';

const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

const Texts = z.record(z.string(), z.string());

/** An object as a client sends it. Members that the store sets itself are ignored, as in Kubernetes. */
const ObjectBody = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.string(),
  metadata: z.object({
    name: z.string().regex(OBJECT_NAME, 'must be a lower-case Kubernetes name'),
    namespace: z.string().optional(),
    resourceVersion: z.string().optional(),
    labels: Texts.optional(),
    annotations: Texts.optional(),
    finalizers: z.array(z.string()).optional(),
  }),
  spec: z.unknown(),
});
/** An object as a client sends it. */
export type ObjectBody = z.infer<typeof ObjectBody>;

/** What the path of a request names. */
export interface ObjectTarget {
  readonly names: KindNames;
  readonly namespace: string;
  /** Absent on create. */
  readonly name?: string;
}

/** One mistake that a spec's validation found. */
export interface SpecProblem {
  readonly path: string;
  readonly message: string;
}

/**
 * Reads the body of a write and compares it with the path.
 * @throws ApiStatusError `BadRequest` or `Invalid`
 */
export function parseObjectBody(body: unknown, target: ObjectTarget): ObjectBody {
  if (typeof body !== 'object' || body === null) {
    throw new ApiStatusError('BadRequest', 'the body must be one JSON object');
  }
  const parsed = ObjectBody.safeParse(body);
  if (!parsed.success) {
    const causes = parsed.error.issues.map((issue) => toCause(issue.path.join('.'), issue.message));
    throw invalid(target.names, nameIn(body), causes);
  }
  const { kind, metadata } = parsed.data;
  const causes: StatusCause[] = [];
  if (kind !== target.names.kind) {
    causes.push(toCause('kind', `must be ${target.names.kind} here (got ${kind})`));
  }
  if ((metadata.namespace ?? target.namespace) !== target.namespace) {
    causes.push(toCause('metadata.namespace', `must be ${target.namespace} as in the path`));
  }
  if (target.name !== undefined && metadata.name !== target.name) {
    causes.push(toCause('metadata.name', `must be ${target.name} as in the path`));
  }
  if (causes.length > 0) throw invalid(target.names, metadata.name, causes);
  return parsed.data;
}

/**
 * Refuses a spec with mistakes.
 * @throws ApiStatusError `Invalid` with one cause each
 */
export function refuseProblems(
  names: KindNames,
  name: string,
  problems: readonly SpecProblem[],
): void {
  const causes = problems.map((problem) => toCause(problem.path, problem.message));
  if (causes.length > 0) throw invalid(names, name, causes);
}

/** The object that `create` wants. */
export function toNewObject(body: ObjectBody, target: ObjectTarget): NewObject {
  const { name, labels, annotations, finalizers } = body.metadata;
  return {
    apiVersion: API_VERSION,
    kind: target.names.kind,
    metadata: {
      name,
      namespace: target.namespace,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
    },
    spec: body.spec,
  };
}

/**
 * The current object with what the client may change.
 * @throws ApiStatusError `Invalid` without a resourceVersion
 */
export function toUpdatedObject(
  current: ResourceKinds[keyof ResourceKinds],
  body: ObjectBody,
  target: ObjectTarget,
): ResourceKinds[keyof ResourceKinds] {
  const { resourceVersion, labels, annotations, finalizers } = body.metadata;
  if (resourceVersion === undefined) {
    const cause = toCause('metadata.resourceVersion', 'must be specified for an update');
    throw invalid(target.names, body.metadata.name, [cause]);
  }
  // Absent means none here, as in a PUT to the API server.
  const kept = { ...current.metadata };
  delete kept.labels;
  delete kept.annotations;
  delete kept.finalizers;
  const metadata = {
    ...kept,
    resourceVersion,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(finalizers && { finalizers }),
  };
  // The cast follows validateSpec's yes: the spec is one of this kind.
  return { ...current, metadata, spec: body.spec } as ResourceKinds[keyof ResourceKinds];
}

function toCause(field: string, message: string): StatusCause {
  return { reason: 'FieldValueInvalid', field, message };
}

function invalid(
  names: KindNames,
  name: string | undefined,
  causes: readonly StatusCause[],
): ApiStatusError {
  const subject = name === undefined ? names.singular : `${names.singular}/${name}`;
  const sentences = causes.map((cause) => `${cause.field}: ${cause.message}`).join('; ');
  return new ApiStatusError('Invalid', `${subject} is invalid: ${sentences}`, {
    kind: names.kind,
    ...(name !== undefined && { name }),
    causes,
  });
}

function nameIn(body: object): string | undefined {
  const metadata: unknown = 'metadata' in body ? body.metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('name' in metadata)) return undefined;
  return typeof metadata.name === 'string' ? metadata.name : undefined;
}
