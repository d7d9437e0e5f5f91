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
    let rest = bytes;
    while (this.#pendingBytes + rest.length > this.#maxLineBytes) {
      const cut = findCut(rest, this.#maxLineBytes - this.#pendingBytes);
      this.#pieces.push(rest.subarray(0, cut));
      this.#emit();
      rest = rest.subarray(cut);
    }
    if (rest.length === 0) return;
    this.#pieces.push(rest);
    this.#pendingBytes += rest.length;
  }

  #emit(): void {
    const [first] = this.#pieces;
    let line =
      this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pendingBytes = 0;
    if (line.at(-1) === CARRIAGE_RETURN) line = line.subarray(0, -1);
    this.#onLine(line.toString());
  }
}

// Steps back from the middle of a character to its first byte.
function findCut(bytes: Buffer, limit: number): number {
  let cut = limit;
  const earliest = Math.max(0, limit - MAX_UTF8_CONTINUATIONS);
  while (cut > earliest && ((bytes[cut] ?? 0) & UTF8_CONTINUATION_MASK) === UTF8_CONTINUATION) {
    cut -= 1;
  }
  return cut === 0 ? limit : cut;
}
