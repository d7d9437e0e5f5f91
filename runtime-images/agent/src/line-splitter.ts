const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const UTF8_CONTINUATION_MASK = 0xc0;
const UTF8_CONTINUATION = 0x80;
const MAX_UTF8_CONTINUATIONS = 3;

/** Longest line that stays in one piece. */
export const MAX_LINE_BYTES = 256 * 1024;

/** Cuts a byte stream into lines, and lines over the limit into pieces between characters. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #maxLineBytes: number;
  #pieces: Buffer[] = [];
  #pendingBytes = 0;

  constructor(onLine: (line: string) => void, maxLineBytes = MAX_LINE_BYTES) {
    this.#onLine = onLine;
    this.#maxLineBytes = maxLineBytes;
  }

  /** Takes the next bytes of the stream. */
  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end === -1) break;
      this.#append(chunk.subarray(start, end));
      this.#emit();
      start = end + 1;
    }
    if (start < chunk.length) this.#append(chunk.subarray(start));
  }

  /** Gives out what has no line end yet. */
  flush(): void {
    if (this.#pendingBytes > 0) this.#emit();
  }

  #append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes <= this.#maxLineBytes) return;
    // Joined first, because a character may lie across two pieces.
    let rest = Buffer.concat(this.#pieces);
    while (rest.length > this.#maxLineBytes) {
      const cut = findCut(rest, this.#maxLineBytes);
      this.#onLine(rest.subarray(0, cut).toString());
      rest = rest.subarray(cut);
    }
    this.#pieces = [rest];
    this.#pendingBytes = rest.length;
  }

  #emit(): void {
    const [first] = this.#pieces;
    const isWhole = this.#pieces.length === 1 && first !== undefined;
    const line = isWhole ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pendingBytes = 0;
    const hasReturn = line.at(-1) === CARRIAGE_RETURN;
    this.#onLine((hasReturn ? line.subarray(0, -1) : line).toString());
  }
}

// Steps back from the middle of a character to its first byte; bytes that are no text are cut anywhere.
function findCut(bytes: Buffer, limit: number): number {
  for (let cut = limit; cut > 0 && cut >= limit - MAX_UTF8_CONTINUATIONS; cut -= 1) {
    if (((bytes[cut] ?? 0) & UTF8_CONTINUATION_MASK) !== UTF8_CONTINUATION) return cut;
  }
  return limit;
}
