/** Why code is refused: the `reason` of a condition. All are the user's to mend, or of those who run the source. */
export type CodeRefusalReason =
  | 'CodeNotFound'
  | 'CodeSha256Mismatch'
  | 'CodeTooLarge'
  | 'CodeUnavailable'
  | 'ImageAccessDenied'
  | 'ImageArchitectureMismatch'
  | 'ImageNotFound'
  | 'InvalidImage'
  | 'InvalidInlineCode'
  | 'InvalidZipFile'
  | 'PullSecretNotFound'
  | 'UnsafeArchive';

/** Code that cannot be used, with a sentence for the user. */
export interface CodeRefusal {
  readonly kind: 'refused';
  readonly reason: CodeRefusalReason;
  readonly message: string;
}

/** Makes a refusal. */
export function refuse(reason: CodeRefusalReason, message: string): CodeRefusal {
  return { kind: 'refused', reason, message };
}

/** Carries a refusal out of nested loops; never leaves this folder. */
export class RefusedCodeError extends Error {
  override readonly name = 'RefusedCodeError';
  readonly refusal: CodeRefusal;

  constructor(reason: CodeRefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refuse(reason, message);
  }
}

/** Runs the work; a RefusedCodeError becomes a returned refusal, everything else is thrown on. */
export async function orRefusal<T>(work: () => Promise<T>): Promise<T | CodeRefusal> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RefusedCodeError) return error.refusal;
    throw error;
  }
}

/** An error with what caused it, in one line. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`;
}
