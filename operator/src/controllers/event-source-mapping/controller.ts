import { unservedKindReason, type EventSourceMappingResource } from '@mayfly/api';
import {
  judgeTarget,
  type Account,
  type Clock,
  type MissingTarget,
  type ReleaseFacts,
  type ResourceStore,
  type VersionedFunction,
} from '@mayfly/core';
import { parseFunctionReference, type FunctionReference } from '@mayfly/lambda-api';
import type { Controller } from '../../reconcile/controller-runner.ts';
import { done, type Result } from '../../reconcile/result.ts';
import { CONDITION, markCondition } from '../function/conditions.ts';
import type { ObjectEvents } from '../object-events.ts';
import { writeStatus } from '../write-status.ts';

/** What the controller needs. */
export interface EventSourceMappingControllerDeps {
  readonly store: Pick<ResourceStore, 'patchStatus'>;
  readonly clock: Clock;
  readonly events: ObjectEvents;
  readonly account: Account;
  /** What there is of a function. */
  readonly factsOf: (fn: VersionedFunction) => ReleaseFacts;
}

/** Says of each mapping what is wrong with what it names, or else, honestly, that no source is polled yet. */
export class EventSourceMappingController implements Controller<'EventSourceMapping'> {
  readonly name = 'eventsourcemapping';
  readonly #deps: EventSourceMappingControllerDeps;

  constructor(deps: EventSourceMappingControllerDeps) {
    this.#deps = deps;
  }

  async reconcile(mapping: EventSourceMappingResource, signal: AbortSignal): Promise<Result> {
    const { clock } = this.#deps;
    const { metadata } = mapping;
    if (metadata.deletionTimestamp !== undefined) return done;
    const status = structuredClone(mapping.status ?? { conditions: [] });
    const nowIso = new Date(clock.now()).toISOString();
    const stamp = { nowIso, observedGeneration: metadata.generation };
    const said = this.#judge(mapping) ?? {
      reason: 'NotServed',
      message: unservedKindReason('EventSourceMapping'),
    };
    markCondition(status, stamp, { type: CONDITION.ready, status: 'False', ...said });
    status.observedGeneration = metadata.generation;
    const change = { object: mapping, status, told: [CONDITION.ready] };
    await writeStatus<'EventSourceMapping'>(this.#deps, change, signal);
    return done;
  }

  #judge(mapping: EventSourceMappingResource): MissingTarget | undefined {
    const { account, factsOf } = this.#deps;
    const reference = targetOf(mapping);
    const { functionName } = reference;
    const { namespace } = mapping.metadata;
    return judgeTarget(reference, factsOf({ namespace, functionName }), account);
  }
}

/** Whether it invokes that function, by whatever qualifier. */
export function isMappingOf(mapping: EventSourceMappingResource, fn: VersionedFunction): boolean {
  if (mapping.metadata.namespace !== fn.namespace) return false;
  return targetOf(mapping).functionName === fn.functionName;
}

function targetOf({ spec }: EventSourceMappingResource): FunctionReference {
  return parseFunctionReference(spec.functionName);
}
