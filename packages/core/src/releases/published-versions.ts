import type { AliasResource, FunctionResource, ServedRevision, VersionResource } from '@mayfly/api';
import { holdsNameBefore } from '../routing/name-holder.ts';

/** What is there of one function: what versions and aliases are judged by. */
export interface ReleaseFacts {
  /** The object that has the function name; undefined when there is none. */
  readonly fn: FunctionResource | undefined;
  /** Every Version that names the function. */
  readonly versions: readonly VersionResource[];
  /** Every Alias that names the function. */
  readonly aliases: readonly AliasResource[];
}

/** A version that can be invoked. */
export interface PublishedVersion {
  readonly number: number;
  readonly snapshot: ServedRevision;
  readonly object: VersionResource;
}

/** The published versions, lowest number first. Of two objects with the same number the older one has it. */
export function listPublished(versions: Iterable<VersionResource>): readonly PublishedVersion[] {
  const byNumber = new Map<number, PublishedVersion>();
  for (const object of versions) {
    const { version: number, snapshot } = object.spec;
    if (number === undefined || snapshot === undefined) continue;
    const holder = byNumber.get(number);
    if (holder !== undefined && holdsNameBefore(holder.object.metadata, object.metadata)) continue;
    byNumber.set(number, { number, snapshot, object });
  }
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

/** The version that was published last and is to stay; a new one must differ from it. */
export function findLastPublished(
  versions: Iterable<VersionResource>,
): PublishedVersion | undefined {
  return listPublished(versions).findLast(
    ({ object }) => object.metadata.deletionTimestamp === undefined,
  );
}

/** Highest number that a version of the function is known to have had; 0 if none. */
export function findHighestNumber({ fn, versions }: Omit<ReleaseFacts, 'aliases'>): number {
  const numbers = versions.map(({ spec }) => spec.version ?? 0);
  return Math.max(0, Number(fn?.status?.latestVersion ?? 0), ...numbers);
}

/** Names of the aliases that a version must stay for: those that name it, and those that still route to it. */
export function findAliasesOf(number: number, aliases: Iterable<AliasResource>): readonly string[] {
  const version = number.toString();
  return [...aliases]
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter((alias) => versionsOfAlias(alias).includes(version))
    .map(({ spec }) => spec.name)
    .sort();
}

function versionsOfAlias({ spec, status }: AliasResource): readonly (string | undefined)[] {
  const { routing, rollout } = status ?? {};
  return [
    spec.functionVersion,
    ...Object.keys(spec.routingConfig?.additionalVersionWeights ?? {}),
    routing?.functionVersion,
    routing?.additionalVersion?.version,
    // What it goes back to if the new version fails.
    rollout?.phase === 'Progressing' ? rollout.fromVersion : undefined,
  ];
}
