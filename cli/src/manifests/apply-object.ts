import { keepFilled } from '@mayfly/api';
import type { NewObject } from '@mayfly/core';
import type { ApiObject } from '../control-api/api-object.ts';
import type { ControlClient, WriteOutcome } from '../control-api/client.ts';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { poll } from '../poll.ts';
import { formatReference } from '../resource-kinds.ts';

/** How long others may be in the way: by writing the same object, or by ending it. */
const PATIENCE_MS = 10_000;

/** What applying one manifest did. */
export type ApplyOutcome =
  | { readonly kind: 'created' | 'configured' | 'unchanged'; readonly object: ApiObject }
  | Extract<WriteOutcome, { kind: 'invalid' }>;

/**
 * Makes the object be as the manifest says: creates it, or replaces its spec and adds labels and
 * annotations; those that others have set stay, and so do finalizers.
 * @throws CliError when somebody else keeps writing the same object
 */
export async function applyObject(
  client: ControlClient,
  manifest: NewObject,
): Promise<ApplyOutcome> {
  const outcome = await poll(PATIENCE_MS, () => tryToApply(client, manifest));
  if (outcome !== undefined) return outcome;
  const reference = formatReference(manifest.kind, manifest.metadata.name);
  throw new CliError(
    EXIT_CODES.refused,
    `${reference} is being changed or deleted by somebody else; try again`,
  );
}

/** Undefined when it must be tried again. */
async function tryToApply(
  client: ControlClient,
  manifest: NewObject,
): Promise<ApplyOutcome | undefined> {
  const current = await client.get(manifest.kind, manifest.metadata.name);
  // The new spec would end with the old object.
  if (current?.metadata.deletionTimestamp !== undefined) return undefined;
  const outcome =
    current === undefined
      ? await client.create(manifest)
      : await client.update(merge(current, manifest));
  switch (outcome.kind) {
    case 'invalid':
      return outcome;
    case 'conflict':
      return undefined;
    case 'written':
      return { kind: compare(current, outcome.object), object: outcome.object };
  }
}

// The store writes nothing, and so keeps the resourceVersion, when nothing would change.
function compare(
  before: ApiObject | undefined,
  after: ApiObject,
): 'created' | 'configured' | 'unchanged' {
  if (before === undefined) return 'created';
  const isSame = before.metadata.resourceVersion === after.metadata.resourceVersion;
  return isSame ? 'unchanged' : 'configured';
}

function merge(current: ApiObject, manifest: NewObject): ApiObject {
  const labels = { ...current.metadata.labels, ...manifest.metadata.labels };
  const annotations = { ...current.metadata.annotations, ...manifest.metadata.annotations };
  return {
    ...current,
    metadata: {
      ...current.metadata,
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    // Validated by the platform.
    spec: keepFilled(manifest.kind, manifest.spec, current.spec) as ApiObject['spec'],
  };
}
