import { LIMITS } from '@mayfly/lambda-api';

/** How much an archive may hold. */
export interface CodeLimits {
  /** Sum of the unpacked files; the archive itself may not be larger either. */
  readonly maxUnpackedBytes: number;
  /** Files, directories and links. */
  readonly maxEntries: number;
}

/** Lambda's 250 MB, and more entries than any real package has. */
export const DEFAULT_CODE_LIMITS: CodeLimits = {
  maxUnpackedBytes: LIMITS.maxUnpackedCodeBytes,
  maxEntries: 100_000,
};

/** `262144000 bytes` as `250 MB`. */
export function describeBytes(bytes: number): string {
  const megabytes = bytes / (1024 * 1024);
  return megabytes >= 1 ? `${megabytes.toFixed(0)} MB` : `${bytes.toString()} bytes`;
}
