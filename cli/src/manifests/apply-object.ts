import type { NewObject } from '@mayfly/core';
import type { ApiObject } from '../control-api/api-object.ts';
import type { ControlClient, WriteOutcome } from '../control-api/client.ts';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import { formatReference } from '../resource-kinds.ts';

const MAX_ATTEMPTS = 5;

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
  const { name } = manifest.metadata;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const current = await client.get(manifest.kind, name);
    const outcome =
      current === undefined
        ? await client.create(manifest)
        : await client.update(merge(current, manifest));
    if (outcome.kind === 'invalid') return outcome;
    if (outcome.kind === 'written') {
      return { kind: compare(current, outcome.object), object: outcome.object };
    }
  }
  const reference = formatReference(manifest.kind, name);
  throw new CliError(
    EXIT_CODES.refused,
    `${reference} is being changed by somebody else; try again`,
  );
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
    spec: manifest.spec as ApiObject['spec'],
  };
}
