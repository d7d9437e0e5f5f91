import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { keepFilled } from '@mayfly/api';
import type { NewObject, ResourceKinds, ResourceStore } from '@mayfly/core';
import { isStoreError, type Kind } from '@mayfly/core';
import { computeCodeDigest } from './code-digest.ts';
import type { ManifestProblem } from './manifest-problem.ts';
import type { ParsedManifest } from './parse-manifests.ts';
import type { ScannedManifest } from './scan-folder.ts';
import {
  CODE_DIGEST_ANNOTATION,
  SOURCE_ANNOTATION,
  SOURCE_DIRECTORY_ANNOTATION,
} from './source-annotations.ts';

/** Any object of the store. */
export type AnyObject = ResourceKinds[Kind];

/** `Function/hello`. */
export function keyOf({ kind, metadata }: { kind: Kind; metadata: { name: string } }): string {
  return `${kind}/${metadata.name}`;
}

/** What became of one manifest. `busy`: an old object of that name is still being deleted, try again. */
export type ApplyOutcome =
  | { readonly kind: 'applied' | 'busy' }
  | { readonly kind: 'refused'; readonly problem: ManifestProblem };

/** Two manifests of one name: the one that the object came from keeps it, else the first file does. */
export function separateDuplicates(
  manifests: readonly ScannedManifest[],
  existing: ReadonlyMap<string, AnyObject>,
): { readonly chosen: readonly ScannedManifest[]; readonly problems: readonly ManifestProblem[] } {
  const isOwner = (each: ScannedManifest): boolean =>
    existing.get(keyOf(each.object))?.metadata.annotations?.[SOURCE_ANNOTATION] === each.file;
  const chosen = new Map<string, ScannedManifest>();
  const problems: ManifestProblem[] = [];
  for (const manifest of [
    ...manifests.filter(isOwner),
    ...manifests.filter((each) => !isOwner(each)),
  ]) {
    const key = keyOf(manifest.object);
    const first = chosen.get(key);
    if (first === undefined) {
      chosen.set(key, manifest);
      continue;
    }
    const { kind, metadata } = manifest.object;
    problems.push({
      file: manifest.file,
      line: manifest.line,
      field: 'metadata.name',
      reason: `${kind} "${metadata.name}" is already in ${first.file}:${first.line.toString()}`,
    });
  }
  return { chosen: [...chosen.values()], problems };
}

/**
 * What was applied last, by object. An unchanged manifest is not applied again: what others have changed since, by the
 * Lambda API for example, stays until the manifest changes.
 */
export type AppliedManifests = Map<
  string,
  {
    readonly parsed: ParsedManifest;
    readonly codeDigest: string | undefined;
    readonly uid: string;
  }
>;

/** Where and how manifests are applied. */
export interface ApplyContext {
  readonly store: ResourceStore;
  readonly directory: string;
  readonly applied: AppliedManifests;
  /** The object of that name, as listed before. */
  readonly existing: AnyObject | undefined;
}

/** Makes the store's object what the manifest says. */
export async function applyManifest(
  manifest: ScannedManifest,
  context: ApplyContext,
): Promise<ApplyOutcome> {
  const { codePath, parsed, file, line, object } = manifest;
  const codeDigest = codePath === undefined ? undefined : await computeCodeDigest(codePath);
  if (isApplied(manifest, codeDigest, context)) return { kind: 'applied' };
  try {
    const made = await createOrUpdate(
      context.store,
      withAnnotations(manifest, codeDigest, context.directory),
    );
    if (made === undefined) return { kind: 'busy' };
    const { uid } = made.metadata;
    context.applied.set(keyOf(object), { parsed, codeDigest, uid });
    // Parsing and writing never wait: others get their turn here.
    await nextTurn();
    return { kind: 'applied' };
  } catch (error) {
    if (isStoreError(error, 'Conflict') || isStoreError(error, 'NotFound')) return { kind: 'busy' };
    if (!(error instanceof Error)) throw error;
    return { kind: 'refused', problem: { file, line, field: '', reason: error.message } };
  }
}

function isApplied(
  { parsed, object, file }: ScannedManifest,
  codeDigest: string | undefined,
  { applied, existing }: ApplyContext,
): boolean {
  const last = applied.get(keyOf(object));
  const metadata = existing?.metadata;
  return (
    last !== undefined &&
    isDeepStrictEqual(last.parsed.object, parsed.object) &&
    last.codeDigest === codeDigest &&
    last.uid === metadata?.uid &&
    metadata.annotations?.[SOURCE_ANNOTATION] === file
  );
}

function withAnnotations(
  { object, file }: ScannedManifest,
  codeDigest: string | undefined,
  directory: string,
): NewObject {
  const annotations = {
    ...object.metadata.annotations,
    [SOURCE_ANNOTATION]: file,
    [SOURCE_DIRECTORY_ANNOTATION]: directory,
    ...(codeDigest !== undefined && { [CODE_DIGEST_ANNOTATION]: codeDigest }),
  };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Undefined while an old object of that name is being deleted: it would take the new spec along. */
async function createOrUpdate(
  store: ResourceStore,
  wanted: NewObject,
): Promise<AnyObject | undefined> {
  const key = { namespace: 'default', name: wanted.metadata.name };
  const found = await store.get(wanted.kind, key);
  if (found === undefined) return store.create(wanted);
  if (found.metadata.deletionTimestamp !== undefined) return undefined;
  const { labels = {}, annotations = {} } = wanted.metadata;
  return store.update({
    ...found,
    metadata: { ...found.metadata, labels, annotations },
    spec: keepFilled(wanted.kind, wanted.spec, found.spec),
  } as AnyObject); // the store checks the spec
}
