import { createHmac, timingSafeEqual } from 'node:crypto';
import { ANNOTATIONS, LABELS } from '@mayfly/manifests';
import type { PodRef } from './agent-token.ts';
import type { PodObject } from './pod-ports.ts';
import { refOf } from './read-pod.ts';

/**
 * What says that an operator of this cluster made a pod, as a spare one of this pool if one is named. Whoever may
 * create pods can write our labels on them, but not this.
 */
export function makePodSeal(
  clusterKey: Uint8Array,
  { namespace, name }: PodRef,
  poolId = '',
): string {
  const text = `seal:${namespace}/${name}/${poolId}`;
  return createHmac('sha256', clusterKey).update(text).digest('base64url');
}

/** Whether a pod is what its name, its namespace and its pool's label say. */
export function isSealed(clusterKey: Uint8Array, pod: PodObject): boolean {
  const { annotations = {}, labels = {} } = pod.metadata ?? {};
  const given = Buffer.from(annotations[ANNOTATIONS.seal] ?? '', 'utf8');
  const expected = Buffer.from(makePodSeal(clusterKey, refOf(pod), labels[LABELS.pool]));
  return given.length === expected.length && timingSafeEqual(given, expected);
}
