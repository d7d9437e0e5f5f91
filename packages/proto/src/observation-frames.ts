import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ObservedOutcomes, ObservedRevision } from '@mayfly/core';
import type {
  ObservedRevision as ObservedRevisionFrame,
  ObservedRevisionSchema,
  OutcomesOfRevision,
  OutcomesOfRevisionSchema,
} from './generated/fleet-link_pb.ts';
import { toKey } from './revision-key.ts';

/** A revision whose outcomes are counted, as a frame. */
export function fromObserved({
  key,
  slowMs,
}: ObservedRevision): MessageInitShape<typeof ObservedRevisionSchema> {
  return slowMs === undefined ? { key: { ...key } } : { key: { ...key }, slowMs };
}

/** Reads a revision whose outcomes are counted. */
export function toObserved({
  key,
  slowMs,
}: Pick<ObservedRevisionFrame, 'key' | 'slowMs'>): ObservedRevision {
  return slowMs === undefined ? { key: toKey(key) } : { key: toKey(key), slowMs };
}

/** What came of the invocations of a revision, as a frame. */
export function fromOutcomes(
  outcomes: ObservedOutcomes,
): MessageInitShape<typeof OutcomesOfRevisionSchema> {
  const { invocations, errors, slow, key, slowMs } = outcomes;
  const counts = { key: { ...key }, invocations, errors, slow };
  return slowMs === undefined ? counts : { ...counts, slowMs };
}

/** Reads what came of the invocations of a revision. */
export function toOutcomes(frame: OutcomesOfRevision): ObservedOutcomes {
  const { invocations, errors, slow } = frame;
  return { ...toObserved(frame), invocations, errors, slow };
}
