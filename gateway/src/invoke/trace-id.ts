import { randomFillSync } from 'node:crypto';

// Random bytes are drawn in blocks: one system call for about a hundred traces.
const POOL = Buffer.alloc(2000);
const TRACE_BYTES = 20;
let offset = POOL.length;

const VALID = /^[\x21-\x7e][\x20-\x7e]{0,511}$/;

/** The caller's trace header when it can be passed on, else a new one that is not sampled. */
export function ensureTraceId(given: string | string[] | undefined, nowMs: number): string {
  if (typeof given === 'string' && VALID.test(given)) return given;
  if (offset + TRACE_BYTES > POOL.length) {
    randomFillSync(POOL);
    offset = 0;
  }
  const hex = POOL.toString('hex', offset, offset + TRACE_BYTES);
  offset += TRACE_BYTES;
  const seconds = Math.floor(nowMs / 1000)
    .toString(16)
    .padStart(8, '0');
  return `Root=1-${seconds}-${hex.slice(0, 24)};Parent=${hex.slice(24)};Sampled=0`;
}
