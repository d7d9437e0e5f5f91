import { randomBytes } from 'node:crypto';

/** `2026/11/21/[$LATEST]<32 hex digits>`: a new one per execution environment. */
export function makeLogStreamName(version: string, nowMs: number): string {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${version}]${randomBytes(16).toString('hex')}`;
}
