import type { ObjectState } from '@mayfly/core';
import type { ObjectState as Frame } from './generated/fleet-link_pb.ts';

/** The state that a frame names; undefined when it is of a kind that only a newer release has. */
export function toObjectState(frame: Frame | undefined): ObjectState | undefined {
  const { kind, namespace = '', name = '', generation = 0 } = frame ?? {};
  switch (kind) {
    case 'Function':
    case 'Version':
    case 'Alias':
      return { kind, namespace, name, generation };
    default:
      return undefined;
  }
}
