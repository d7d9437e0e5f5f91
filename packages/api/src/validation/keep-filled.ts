import type { KindName } from '../v1alpha1/kinds.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What the operator fills in, in a spec whose other fields are the user's. */
const FILLED: Partial<Readonly<Record<KindName, readonly string[]>>> = {
  Version: ['version', 'snapshot'],
  LayerVersion: ['version'],
};

/**
 * The spec of a manifest, with what the operator has filled in since: a manifest does not name it, and does not mean
 * to take it away. What it does name is for the rules to judge.
 */
export function keepFilled(kind: KindName, wanted: unknown, current: unknown): unknown {
  const kept = (FILLED[kind] ?? [])
    .map((field) => [field, (current as Fields)[field]] as const)
    .filter(([, value]) => value !== undefined);
  if (kept.length === 0 || typeof wanted !== 'object' || wanted === null) return wanted;
  return { ...Object.fromEntries(kept), ...wanted };
}
