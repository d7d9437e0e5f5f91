/** Who counts what mirroring does. */
export interface MirrorObserver {
  /** Archives on the disk of this operator, and those that it lacks yet. */
  count(archives: { readonly kept: number; readonly missing: number }): void;
  /** An archive of so many bytes has come from another operator. */
  mirrored(bytes: number): void;
  /** At this time this operator had all that the leader has. */
  inStep(atMs: number): void;
  /** Operators that mirror what this one has: it leads. */
  followers(count: number): void;
  /** An upload was answered while only the leader had it. */
  uncopied(): void;
}

/** Where mirroring says what it does. */
export interface MirrorLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
