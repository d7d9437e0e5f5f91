/** Whose versions are counted. */
export interface VersionedFunction {
  readonly namespace: string;
  readonly functionName: string;
}

/**
 * Gives numbers to versions: each once, also when the version, or the function, has been deleted since. A number that
 * is not used after all is lost.
 */
export interface VersionNumbers {
  /** A number above all that were given or passed over, and above `atLeast`. */
  next(key: VersionedFunction, atLeast: number, signal?: AbortSignal): Promise<number>;
  /** Makes sure that numbers up to this one are never given: a version came with it. */
  passOver(key: VersionedFunction, number: number, signal?: AbortSignal): Promise<void>;
}
