import type { IncomingMessage } from 'node:http';

/** What became of a request's body. `tooLarge` comes as soon as the limit is passed. */
export type BodyOutcome =
  | { readonly kind: 'complete'; readonly body: Buffer }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'aborted' };

const EMPTY = Buffer.alloc(0);

/** Collects a body of at most `maxBytes`. Calls back exactly once. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  onOutcome: (outcome: BodyOutcome) => void,
): void {
  let chunks: Buffer[] = [];
  let receivedBytes = 0;
  let isDone = false;
  const finish = (outcome: BodyOutcome): void => {
    if (isDone) return;
    isDone = true;
    onOutcome(outcome);
    chunks = [];
  };
  request.on('data', (chunk: Buffer) => {
    // After the limit the rest is read and dropped, so that the sender can hear the refusal.
    if (isDone) return;
    receivedBytes += chunk.length;
    if (receivedBytes > maxBytes) finish({ kind: 'tooLarge' });
    else chunks.push(chunk);
  });
  request.on('end', () => {
    finish({ kind: 'complete', body: joinChunks(chunks) });
  });
  request.on('error', () => {
    finish({ kind: 'aborted' });
  });
  request.on('close', () => {
    finish({ kind: 'aborted' });
  });
}

function joinChunks(chunks: readonly Buffer[]): Buffer {
  if (chunks.length === 1) return chunks[0] ?? EMPTY;
  return chunks.length === 0 ? EMPTY : Buffer.concat(chunks);
}
