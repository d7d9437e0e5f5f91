import type { ObjectState } from '@mayfly/core';
import type { ObjectState as Frame } from './generated/fleet-link_pb.ts';

const KINDS: readonly ObjectState['kind'][] = ['Function', 'Version', 'Alias'];

/** The state that a frame names; undefined when it is of a kind that only a newer release has. */
export function toObjectState(frame: Frame | undefined): ObjectState | undefined {
  const kind = KINDS.find((known) => known === frame?.kind);
  if (frame === undefined || kind === undefined) return undefined;
  const { namespace, name, generation, content } = frame;
  const state = { kind, namespace, name, generation };
  return content === undefined ? state : { ...state, content };
}
