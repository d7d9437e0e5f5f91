/** A revision of a function: what an execution environment is bound to and a queue waits for. */
export interface RevisionKey {
  readonly namespace: string;
  readonly functionName: string;
  readonly revision: string;
}

/**
 * The revision of a published version. Its execution environments are none of `$LATEST`, whose code and settings
 * may be the same: functions are told which version they are. `3f9a0c11d2e4b567` of version 3: `3f9a0c11d2e4b567.3`.
 */
export function makeVersionRevision(revision: string, version: number): string {
  return `${revision}.${version.toString()}`;
}
