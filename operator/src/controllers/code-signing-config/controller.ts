import type { CodeSigningConfigResource, CodeSigningConfigStatus } from '@mayfly/api';
import {
  codeSigningConfigArnOf,
  codeSigningConfigIdOf,
  type Account,
  type Clock,
  type ResourceStore,
} from '@mayfly/core';
import type { Controller } from '../../reconcile/controller-runner.ts';
import { done, type Result } from '../../reconcile/result.ts';
import { CONDITION, markCondition } from '../function/conditions.ts';
import type { ObjectEvents } from '../object-events.ts';
import { writeStatus } from '../write-status.ts';

/** What the controller needs. */
export interface CodeSigningConfigControllerDeps {
  readonly store: Pick<ResourceStore, 'patchStatus'>;
  readonly events: ObjectEvents;
  readonly account: Account;
  readonly clock: Clock;
}

const MESSAGE =
  'Functions can name it by its ARN. No signature is verified: every archive counts as not signed.';

/** Says of each config by which ARN functions name it. */
export class CodeSigningConfigController implements Controller<'CodeSigningConfig'> {
  readonly name = 'codesigningconfig';
  readonly #deps: CodeSigningConfigControllerDeps;

  constructor(deps: CodeSigningConfigControllerDeps) {
    this.#deps = deps;
  }

  async reconcile(config: CodeSigningConfigResource, signal: AbortSignal): Promise<Result> {
    const { metadata } = config;
    if (metadata.deletionTimestamp !== undefined) return done;
    const { account, clock } = this.#deps;
    const { conditions = [] } = config.status ?? {};
    const status: CodeSigningConfigStatus = {
      observedGeneration: metadata.generation,
      codeSigningConfigId: codeSigningConfigIdOf(config),
      codeSigningConfigArn: codeSigningConfigArnOf(config, account),
      conditions: structuredClone(conditions),
    };
    const nowIso = new Date(clock.now()).toISOString();
    const stamp = { nowIso, observedGeneration: metadata.generation };
    const said = { status: 'True', reason: 'Active', message: MESSAGE } as const;
    markCondition(status, stamp, { type: CONDITION.ready, ...said });
    const change = { object: config, status, told: [CONDITION.ready] };
    await writeStatus<'CodeSigningConfig'>(this.#deps, change, signal);
    return done;
  }
}
