import { LATEST } from '@mayfly/lambda-api';

/** What one Version or Alias of a function asks for. */
export interface ProvisionWish {
  /** Whoever asks; any text that is its own. */
  readonly owner: string;
  readonly kind: 'Version' | 'Alias';
  readonly requested: number;
  /** How many it was granted before. */
  readonly kept: number;
  /** The versions it would be provisioned on. */
  readonly versions: readonly string[];
}

/** What a function can have. */
export interface ProvisionLimits {
  /** The function's reservation. */
  readonly reserved: number | undefined;
  /** What the account leaves to functions without a reservation, less what others of these have provisioned. */
  readonly unreserved: number;
  /** The least of it that is to stay. */
  readonly minimumUnreserved: number;
}

/**
 * Judges what the Versions and Aliases of one function ask for: for each, why it cannot be had, in Lambda's
 * words, or undefined. What was granted before goes before what is new.
 */
export function judgeProvision(
  wishes: readonly ProvisionWish[],
  limits: ProvisionLimits,
): ReadonlyMap<string, string | undefined> {
  const verdicts = new Map<string, string | undefined>();
  const taken = { count: 0, byVersion: new Map<string, ProvisionWish['kind']>() };
  for (const wish of wishes.toSorted(byAge)) {
    const { owner, kind, kept, requested, versions } = wish;
    const problem = judgeVersions(wish, taken.byVersion) ?? judgeCount(wish, taken.count, limits);
    verdicts.set(owner, problem);
    const count = problem === undefined ? requested : kept;
    if (count === 0) continue;
    taken.count += count;
    for (const version of versions) taken.byVersion.set(version, kind);
  }
  return verdicts;
}

function byAge(a: ProvisionWish, b: ProvisionWish): number {
  const age = Number(b.kept > 0) - Number(a.kept > 0);
  return age === 0 ? a.owner.localeCompare(b.owner, 'en') : age;
}

function judgeVersions(
  { kind, requested, versions }: ProvisionWish,
  taken: ReadonlyMap<string, ProvisionWish['kind']>,
): string | undefined {
  if (requested === 0) return undefined;
  if (versions.includes(LATEST)) {
    return 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.';
  }
  const isTakenOtherwise = versions.some((version) => (taken.get(version) ?? kind) !== kind);
  if (!isTakenOtherwise) return undefined;
  return kind === 'Alias'
    ? "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    : 'Version is pointed by a Provisioned Concurrency alias';
}

/** What was granted once is not taken back when a limit changes. */
function judgeCount(
  { requested, kept }: ProvisionWish,
  taken: number,
  { reserved, unreserved, minimumUnreserved }: ProvisionLimits,
): string | undefined {
  if (requested <= kept) return undefined;
  const total = taken + requested;
  if (reserved !== undefined) {
    return total > reserved
      ? 'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function'
      : undefined;
  }
  return unreserved - total < minimumUnreserved
    ? `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${String(minimumUnreserved)}].`
    : undefined;
}
