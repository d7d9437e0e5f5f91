import type { StoredCode } from './code-store.ts';
import type { CodeUpload, CodeUploads } from './code-uploads.ts';

/** What a follower says of its copies. */
export interface MirrorReport {
  /** Who says it: for the log. */
  readonly replica: string;
  /** Digests of archives that it has, besides those that it has named before. */
  readonly kept: readonly string[];
  /** Digests of archives that it has not, or not any more. */
  readonly lost: readonly string[];
  /** All that it had when it came is named by now. */
  readonly isComplete: boolean;
}

/** What the leader wants of a follower. */
export interface MirrorOrder {
  /** To be read from the leader. */
  readonly keep: readonly StoredCode[];
  /** Digests of archives that the leader has forgotten. */
  readonly drop: readonly string[];
  /** Digests of archives that the follower has and the leader lacks: to be given to it. */
  readonly give: readonly string[];
  /** All that the leader had when the follower came is named by now. */
  readonly isComplete: boolean;
}

/**
 * The leader's end of mirroring: its archives are those of every operator, which each have a folder of their own. A
 * follower says what it has, is told what differs from then on, and says when it has it.
 */
export interface CodeMirror extends Pick<CodeUploads, 'open'> {
  /**
   * Ends when the reports do, and when the signal aborts.
   * @throws Error with the code `UNAVAILABLE` when nobody leads now, `NOT_MIRRORED` when the leader mirrors nothing
   */
  follow(reports: AsyncIterable<MirrorReport>, signal: AbortSignal): AsyncIterable<MirrorOrder>;
  /** Takes an archive that it has asked for. */
  give(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<CodeUpload>;
}

/** `code` of an error that says that the leader mirrors nothing: it is older, or its store is everybody's. */
export const CODE_NOT_MIRRORED = 'NOT_MIRRORED';

/** The leader mirrors nothing. */
export class CodeNotMirroredError extends Error {
  override readonly name = 'CodeNotMirroredError';
  readonly code = CODE_NOT_MIRRORED;
}

/** Recognises a CodeNotMirroredError by its code. */
export function isCodeNotMirrored(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === CODE_NOT_MIRRORED;
}
