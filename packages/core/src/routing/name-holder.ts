/** What decides between two objects of a namespace that want the same function name. */
export interface NameClaim {
  readonly name: string;
  readonly creationTimestamp: string;
}

/**
 * True when `a` has the function name and `b` has not: the older object, and of two of the same second the
 * one whose name sorts first. Everybody who asks must get the same answer: what the operator serves is what
 * gateways look for.
 */
export function holdsNameBefore(a: NameClaim, b: NameClaim): boolean {
  if (a.creationTimestamp === b.creationTimestamp) return a.name < b.name;
  return a.creationTimestamp < b.creationTimestamp;
}
