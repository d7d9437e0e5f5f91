import {
  API_VERSION,
  formatPath,
  isKindName,
  KIND_NAMES,
  validateObject,
  validateSpec,
  applyDefaults,
  findUnservedFields,
  type KindName,
  type Problem,
} from '@mayfly/api';
import { z } from 'zod';
import { validateMetadata } from '../store/object-metadata.ts';

/** The only namespace of the embedded mode. */
export const EMBEDDED_NAMESPACE = 'default';

const ignored = z.unknown().optional();
const StringMap = z.record(z.string(), z.string());

// Strict, so that a misspelt field is named. What only the platform writes is ignored, so that an object
// which was read can be sent back.
const Manifest = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.custom<KindName>(isKindName),
  metadata: z.strictObject({
    name: z.string(),
    namespace: z.string().optional(),
    labels: StringMap.optional(),
    annotations: StringMap.optional(),
    finalizers: ignored,
    uid: ignored,
    resourceVersion: ignored,
    generation: ignored,
    creationTimestamp: ignored,
    deletionTimestamp: ignored,
    managedFields: ignored,
    ownerReferences: ignored,
    selfLink: ignored,
  }),
  spec: z.record(z.string(), z.unknown()),
  status: ignored,
});

/** A manifest whose fields are all right. */
export type Manifest = z.infer<typeof Manifest>;

/** Either a manifest or everything that is wrong with it. */
export type ManifestCheck =
  | { readonly kind: 'valid'; readonly manifest: Manifest }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Checks one document of a manifest file. */
export function checkManifest(value: unknown): ManifestCheck {
  const result = Manifest.safeParse(value);
  const specProblems = checkSpecOf(value);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => describeIssue(issue, value));
    return { kind: 'invalid', problems: [...problems, ...specProblems] };
  }
  const manifest = result.data;
  const problems = [
    ...validateMetadata(manifest.metadata),
    ...checkNamespace(manifest.metadata.namespace),
    ...specProblems,
  ];
  const broken = problems.length > 0 ? problems : checkRules(manifest);
  return broken.length > 0 ? { kind: 'invalid', problems: broken } : { kind: 'valid', manifest };
}

function checkRules({ kind, metadata, spec }: Manifest): readonly Problem[] {
  const unserved =
    kind === 'Function' ? findUnservedFields(applyDefaults(kind, spec), 'embedded') : [];
  return [...validateObject(kind, { metadata, spec: applyDefaults(kind, spec) }), ...unserved];
}

/** Also when another part is wrong: the user mends all of it in one go. */
function checkSpecOf(value: unknown): readonly Problem[] {
  if (!isRecord(value) || !isKindName(value['kind']) || !isRecord(value['spec'])) return [];
  return value['apiVersion'] === API_VERSION ? validateSpec(value['kind'], value['spec']) : [];
}

function checkNamespace(namespace: string | undefined): readonly Problem[] {
  if (namespace === undefined || namespace === EMBEDDED_NAMESPACE) return [];
  const message = `the embedded mode serves one namespace, ${EMBEDDED_NAMESPACE} (got "${namespace}")`;
  return [{ path: 'metadata.namespace', message }];
}

function describeIssue(issue: z.core.$ZodIssue, root: unknown): readonly Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: formatPath([...issue.path, key]),
      message: `unknown field "${key}"`,
    }));
  }
  const value = issue.path.reduce<unknown>(
    (parent, key) => (isRecord(parent) ? parent[String(key)] : undefined),
    root,
  );
  return [{ path: formatPath(issue.path), message: describeValue(issue, value) }];
}

function describeValue(issue: z.core.$ZodIssue, value: unknown): string {
  const got = `(got ${JSON.stringify(value)})`;
  if (issue.path[0] === 'apiVersion') {
    return value === undefined ? `is required: ${API_VERSION}` : `must be ${API_VERSION} ${got}`;
  }
  if (issue.path[0] === 'kind') {
    const kinds = KIND_NAMES.join(', ');
    return value === undefined ? `is required: one of ${kinds}` : `must be one of ${kinds} ${got}`;
  }
  if (value === undefined) return 'is required';
  const expected = issue.code === 'invalid_type' ? issue.expected : undefined;
  if (expected === 'string') return `must be a string: put it in quotes ${got}`;
  return expected === 'object' || expected === 'record'
    ? `must be a mapping ${got}`
    : issue.message;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
