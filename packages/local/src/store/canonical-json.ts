/** JSON with sorted keys: equal texts mean equal values. */
export function toCanonicalJson(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}
