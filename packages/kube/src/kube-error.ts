/** A refusal of the API server, in its own words. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status: 404, 409, 410, 422, … */
  readonly status: number;
  /** The API server's constant: `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Expired`, … */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** There was no answer of the API server: whether it did what was asked is not known. */
export class KubeUnreachableError extends Error {
  override readonly name = 'KubeUnreachableError';
}

/** Asks by name, not by `instanceof`: two copies of this package may be loaded. */
export function isKubeError(error: unknown, status: number): boolean {
  return (
    error instanceof Error &&
    error.name === 'KubeError' &&
    'status' in error &&
    error.status === status
  );
}

/** Reads the `Status` object that the API server answers a failure with. */
export function parseKubeError(status: number, body: string): KubeError {
  const text = body.slice(0, 2000);
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) {
      const { reason, message } = value as { reason?: unknown; message?: unknown };
      return new KubeError(
        status,
        typeof reason === 'string' ? reason : '',
        typeof message === 'string' ? message : text,
      );
    }
  } catch {
    // A proxy in between answers in its own form.
  }
  return new KubeError(
    status,
    '',
    text === '' ? `the API server answered ${String(status)}` : text,
  );
}
