import type { Condition, Resource } from '@mayfly/api';
import type { Reason } from './function/conditions.ts';

/** What events are about. */
export type EventObject = Pick<
  Resource<string, unknown, unknown>,
  'apiVersion' | 'kind' | 'metadata'
>;

/** Takes Kubernetes events; the same one again is only counted. */
export interface ObjectEvents {
  record(object: EventObject, event: { readonly type: 'Normal' | 'Warning' } & Reason): void;
}

/** What is told of, and of which object. */
export interface ConditionChanges {
  readonly object: EventObject;
  readonly before: readonly Condition[];
  readonly after: readonly Condition[];
  /** Types of conditions that are told of. */
  readonly told: readonly string[];
}

/** One event for each condition that says something new. */
export function recordConditionChanges(
  events: ObjectEvents,
  { object, before, after, told }: ConditionChanges,
): void {
  for (const { type, status, reason, message } of after) {
    const previous = before.find((c) => c.type === type);
    const isNews = previous?.status !== status || previous.message !== message;
    if (!isNews || status === 'Unknown' || !told.includes(type)) continue;
    events.record(object, { type: status === 'True' ? 'Normal' : 'Warning', reason, message });
  }
}
