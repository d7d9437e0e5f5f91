import type { IncomingMessage } from 'node:http';
import type { PayloadHold } from './payload-budget.ts';

/** How reading a body ended. */
export type ReadPayload =
  | { readonly kind: 'read'; readonly payload: Buffer }
  /** What is left of it is still to come. */
  | { readonly kind: 'too-large' }
  /** All of it has come, so that the other end hears the answer, and nothing was kept. */
  | { readonly kind: 'no-room' };

/** What a chunk costs besides its bytes (measured: 0.9 KB); a body may come in chunks of one byte each. */
const CHUNK_OVERHEAD_BYTES = 1024;

/** Reads a body; the hold grows with it. Rejects when the other end goes in the middle of it. */
export function readPayload(
  request: IncomingMessage,
  hold: PayloadHold,
  maxBytes: number,
): Promise<ReadPayload> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadPayload>();
  const announcedBytes = Number(request.headers['content-length'] ?? 0);
  if (announcedBytes > maxBytes) {
    resolve({ kind: 'too-large' });
    return promise;
  }
  let chunks: Buffer[] = [];
  let bytes = 0;
  // Asked and given back: room is taken by what is here, not by what slow callers announce.
  let hasRoom = hold.resize(announcedBytes);
  if (hasRoom) hold.resize(0);
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) resolve({ kind: 'too-large' });
    hasRoom &&=
      bytes <= maxBytes && hold.resize(bytes + (chunks.length + 1) * CHUNK_OVERHEAD_BYTES);
    if (hasRoom) {
      chunks.push(chunk);
    } else {
      chunks = [];
      hold.resize(0);
    }
  });
  request.on('end', () => {
    if (!hasRoom) {
      resolve({ kind: 'no-room' });
      return;
    }
    hold.resize(bytes);
    const [first] = chunks;
    const isWhole = chunks.length === 1 && first !== undefined;
    resolve({ kind: 'read', payload: isWhole ? first : Buffer.concat(chunks, bytes) });
  });
  request.on('error', reject);
  request.on('close', () => {
    reject(new Error('the connection ended'));
  });
  return promise;
}
