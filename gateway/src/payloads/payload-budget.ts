import { LambdaError } from '@mayfly/lambda-api';

/** Payloads up to this size may use all of the budget, larger ones three quarters of it. */
const SMALL_BYTES = 64 * 1024;
const LARGE_SHARE = 0.75;
const RETRY_AFTER_SECONDS = 1;

/**
 * Bytes of payloads that this gateway holds, from the first byte of a body that is read to the answer of its
 * function: what waits in queues, what other gateways have and what runs may have to be sent again.
 */
export class PayloadBudget {
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** For one payload, of which nothing is here yet. */
  open(): PayloadHold {
    return new PayloadHold((fromBytes, toBytes) => this.#resize(fromBytes, toBytes));
  }

  #resize(fromBytes: number, toBytes: number): boolean {
    // So that a few callers with large payloads, or slow ones, do not shut out everybody.
    const share = toBytes > SMALL_BYTES ? LARGE_SHARE : 1;
    const heldBytes = this.#heldBytes - fromBytes + toBytes;
    if (toBytes > fromBytes && heldBytes > share * this.#maxBytes) return false;
    this.#heldBytes = heldBytes;
    return true;
  }
}

/** One payload's part of the budget. */
export class PayloadHold {
  readonly #resizeTo: (fromBytes: number, toBytes: number) => boolean;
  #bytes = 0;
  #isInUse = false;
  #isReleased = false;

  constructor(resize: (fromBytes: number, toBytes: number) => boolean) {
    this.#resizeTo = resize;
  }

  /** False when there is no room for so many bytes: then it stays as it is. */
  resize(bytes: number): boolean {
    if (this.#isReleased || !this.#resizeTo(this.#bytes, bytes)) return false;
    this.#bytes = bytes;
    return true;
  }

  /** Held until the work has ended, whoever goes meanwhile; then released. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#isInUse = true;
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  /** Nobody waits for an answer any more: released, unless there is work with it. */
  abandon(): void {
    if (!this.#isInUse) this.release();
  }

  /** Idempotent. */
  release(): void {
    this.resize(0);
    this.#isReleased = true;
  }
}

/** The answer to a payload that there is no room for. */
export function noRoomError(): LambdaError {
  const message = 'The gateway holds as many bytes of payloads as it may.';
  return new LambdaError('ServiceUnavailableException', message, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
