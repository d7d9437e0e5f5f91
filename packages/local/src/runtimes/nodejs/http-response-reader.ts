/** One answer of the Runtime API. */
export interface RuntimeApiResponse {
  readonly statusCode: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** False when the server closes the connection after this answer. */
  readonly isKeptAlive: boolean;
}

type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

interface Head {
  readonly statusCode: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyOffset: number;
  readonly framing: Framing;
}

const HEAD_END = '\r\n\r\n';

/** Collects the bytes of one HTTP/1.1 answer. A reader is used for one answer only. */
export class HttpResponseReader {
  #chunks: Buffer[] = [];
  #length = 0;
  #head: Head | undefined;

  /** Takes bytes; gives the answer once it is complete. */
  push(chunk: Buffer): RuntimeApiResponse | undefined {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#head ??= parseHead(this.#joined());
    if (this.#head === undefined) return undefined;
    return this.#complete(this.#head);
  }

  /** The connection ended: an answer without a length is complete now. */
  end(): RuntimeApiResponse | undefined {
    if (this.#head?.framing.kind !== 'until-close') return undefined;
    return toResponse(this.#head, this.#joined().subarray(this.#head.bodyOffset));
  }

  #complete(head: Head): RuntimeApiResponse | undefined {
    switch (head.framing.kind) {
      case 'length': {
        const end = head.bodyOffset + head.framing.bytes;
        if (this.#length < end) return undefined;
        return toResponse(head, this.#joined().subarray(head.bodyOffset, end));
      }
      case 'chunked': {
        // Joining is worth it only when the last chunk may be in.
        const last = this.#chunks.at(-1);
        if (last === undefined || (last.length >= 2 && last.at(-1) !== 0x0a)) return undefined;
        const body = decodeChunks(this.#joined(), head.bodyOffset);
        return body === undefined ? undefined : toResponse(head, body);
      }
      case 'until-close':
        return undefined;
    }
  }

  #joined(): Buffer {
    const only = this.#chunks[0];
    if (this.#chunks.length === 1 && only !== undefined) return only;
    const joined = Buffer.concat(this.#chunks, this.#length);
    this.#chunks = [joined];
    return joined;
  }
}

function toResponse(head: Head, body: Buffer): RuntimeApiResponse {
  const isKeptAlive =
    head.framing.kind !== 'until-close' &&
    head.headers.get('connection')?.toLowerCase() !== 'close';
  return { statusCode: head.statusCode, headers: head.headers, body, isKeptAlive };
}

function parseHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end === -1) return undefined;
  // UTF-8: a client context may hold any JSON text.
  const [statusLine = '', ...lines] = bytes.toString('utf8', 0, end).split('\r\n');
  const statusCode = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (Number.isNaN(statusCode)) {
    throw new Error(`not an answer of the Runtime API: ${JSON.stringify(statusLine)}`);
  }
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const bodyOffset = end + HEAD_END.length;
  return { statusCode, headers, bodyOffset, framing: framingOf(statusCode, headers) };
}

function framingOf(statusCode: number, headers: ReadonlyMap<string, string>): Framing {
  if (headers.get('transfer-encoding')?.toLowerCase().includes('chunked') === true) {
    return { kind: 'chunked' };
  }
  const length = headers.get('content-length');
  if (length !== undefined) return { kind: 'length', bytes: Number(length) };
  if (statusCode === 204 || statusCode === 304) return { kind: 'length', bytes: 0 };
  return { kind: 'until-close' };
}

/** The body, or undefined while the last chunk is missing. */
function decodeChunks(bytes: Buffer, offset: number): Buffer | undefined {
  const parts: Buffer[] = [];
  let position = offset;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', position, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('a chunk of the Runtime API has no size');
    const start = lineEnd + 2;
    if (size === 0) {
      // Trailers may follow: the end is an empty line.
      return bytes.indexOf(HEAD_END, lineEnd) === -1 ? undefined : Buffer.concat(parts);
    }
    if (bytes.length < start + size + 2) return undefined;
    parts.push(bytes.subarray(start, start + size));
    position = start + size + 2;
  }
}
