/** A revision of a function: what an execution environment is bound to and a queue waits for. */
export interface RevisionKey {
  readonly namespace: string;
  readonly functionName: string;
  readonly revision: string;
}
