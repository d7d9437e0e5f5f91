import { createHmac, timingSafeEqual } from 'node:crypto';

/** Names one pod. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
}

/** The bearer token of the agent in a pod: every operator can compute it, nobody has to keep it. */
export function makeAgentToken(clusterKey: Uint8Array, { namespace, name }: PodRef): string {
  return createHmac('sha256', clusterKey).update(`agent:${namespace}/${name}`).digest('base64url');
}

/** Whether an `Authorization` header is that of the agent in this pod. */
export function isAgentAuthorised(
  authorization: string | undefined,
  clusterKey: Uint8Array,
  ref: PodRef,
): boolean {
  const given = Buffer.from(authorization ?? '', 'latin1');
  const expected = Buffer.from(`Bearer ${makeAgentToken(clusterKey, ref)}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
