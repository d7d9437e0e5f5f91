/** What the program ends with. Documented in `mayfly --help`. */
export const EXIT_CODES = {
  /** Done. */
  ok: 0,
  /** The function answered with an error, or an object was refused or is Failed. */
  failed: 1,
  /** Wrong command line, or a file that cannot be read. */
  usage: 2,
  /** No platform answers. */
  notRunning: 3,
  /** The platform refused: not found, throttled, conflict. */
  refused: 4,
  /** The platform broke, or did not answer in time. */
  platformFault: 5,
  /** Stopped by a second signal before it was done (128 + SIGINT). */
  interrupted: 130,
} as const;

/** One of the codes above. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** A failure with a sentence for the user: printed without a stack, ends the program with its code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
