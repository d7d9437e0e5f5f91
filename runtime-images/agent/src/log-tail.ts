import { LIMITS } from '@mayfly/lambda-api';

/** The last bytes of one invocation's log, as `X-Amz-Log-Result` wants them. */
export class LogTail {
  #lines: string[] = [];
  #length = 0;

  /** Takes one line without its end. */
  push(line: string): void {
    // A character has at least one byte, so older lines than these cannot show.
    this.#lines.push(line.slice(-LIMITS.logTailBytes));
    this.#length += Math.min(line.length, LIMITS.logTailBytes) + 1;
    for (;;) {
      const [first] = this.#lines;
      if (first === undefined || this.#length - first.length - 1 < LIMITS.logTailBytes) return;
      this.#length -= first.length + 1;
      this.#lines.shift();
    }
  }

  /** Base64 of the last bytes. */
  toBase64(): string {
    const text = this.#lines.map((line) => `${line}\n`).join('');
    return Buffer.from(text).subarray(-LIMITS.logTailBytes).toString('base64');
  }
}
