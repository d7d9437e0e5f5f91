import type { RevisionKey } from '@mayfly/core';
import type { RevisionKey as RevisionKeyFrame } from './generated/fleet-link_pb.ts';

/** Reads a key. One that is missing has empty parts, which name nothing. */
export function toKey(key: RevisionKeyFrame | undefined): RevisionKey {
  return {
    namespace: key?.namespace ?? '',
    functionName: key?.functionName ?? '',
    revision: key?.revision ?? '',
  };
}
