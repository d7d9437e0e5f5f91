import type { AliasResource } from '@mayfly/api';
import { findAliasesOf, type PublishedVersion } from './published-versions.ts';

/** What retention is judged by. */
export interface Retention {
  /** Those that it counts. */
  readonly versions: readonly PublishedVersion[];
  /** How many are kept; undefined: all. */
  readonly limit: number | undefined;
  readonly aliases: readonly AliasResource[];
}

/**
 * The versions that are over the limit. The newest stay, and those that an alias names or that have provisioned
 * concurrency: with limit 2, versions 1 to 5 and an alias of version 1, it is 2 and 3 that go.
 */
export function pickRetiredVersions({
  versions,
  limit,
  aliases,
}: Retention): readonly PublishedVersion[] {
  if (limit === undefined) return [];
  return versions
    .filter(({ object }) => object.metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => b.number - a.number)
    .slice(limit)
    .filter(
      ({ number, object }) =>
        object.spec.provisionedConcurrency === undefined &&
        findAliasesOf(number, aliases).length === 0,
    );
}
