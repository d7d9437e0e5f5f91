import type { AliasRouting } from '@mayfly/api';

/**
 * Parts what is provisioned for an alias over its versions by their weights: 10 at a weight of 0.1 are 9 and 1.
 * Of two or more, both versions get at least one. Versions that get none are left out.
 */
export function splitProvision(
  count: number,
  { functionVersion, additionalVersion }: AliasRouting,
): ReadonlyMap<string, number> {
  const extra = additionalVersion === undefined ? 0 : computeExtra(count, additionalVersion.weight);
  const parts: [string, number][] = [[functionVersion, count - extra]];
  if (additionalVersion !== undefined) parts.push([additionalVersion.version, extra]);
  return new Map(parts.filter(([, part]) => part > 0));
}

function computeExtra(count: number, weight: number): number {
  const share = Math.round(count * weight);
  if (count < 2 || weight <= 0 || weight >= 1) return share;
  return Math.min(count - 1, Math.max(1, share));
}
