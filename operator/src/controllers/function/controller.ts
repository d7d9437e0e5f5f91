import { isDeepStrictEqual } from 'node:util';
import {
  findUnservedFields,
  functionNameOf,
  LAST_MODIFIED_ANNOTATION,
  type FunctionResource,
  type Platform,
  type ServedLayer,
  type ServedRevision,
} from '@mayfly/api';
import {
  type Clock,
  judgeLayersSize,
  type CodeProgress,
  type ExecutionEnvironmentDriver,
  type ResourceStore,
} from '@mayfly/core';
import { toFunctionId } from '../../fleet/by-function.ts';
import type { MemberCounts } from '../../fleet/members.ts';
import type { Controller } from '../../reconcile/controller-runner.ts';
import { done, requeueAfter, type Result } from '../../reconcile/result.ts';
import {
  CONDITION,
  markCondition,
  type ConditionStamp,
  type MutableStatus,
  type Reason,
} from './conditions.ts';
import type { OnChangeVersions } from '../version/on-change-versions.ts';
import type { CodeSigningConfigs } from '../code-signing-config/code-signing-configs.ts';
import type { LayerBook } from '../layer-version/layer-book.ts';
import type { FunctionNames } from './function-names.ts';
import type { ObjectEvents } from '../object-events.ts';
import { writeStatus } from '../write-status.ts';
import { validateReservation } from './reservations.ts';
import { makeServedRevision } from './revision.ts';

/** Kept on every Function until its execution environments are gone. */
export const FUNCTION_FINALIZER = 'mayfly.dev/execution-environments';

/** What the controller needs. */
export interface FunctionControllerDeps {
  readonly store: Pick<ResourceStore, 'update' | 'patchStatus'>;
  readonly driver: Pick<ExecutionEnvironmentDriver, 'supports'>;
  readonly code: FunctionCode;
  /** What `spec.layers` names. */
  readonly layers: Pick<LayerBook, 'resolve'>;
  /** What `spec.codeSigningConfigArn` names. */
  readonly codeSigning: Pick<CodeSigningConfigs, 'judge'>;
  readonly fleet: {
    counts(functionId: string): MemberCounts;
    hasAny(functionId: string): boolean;
    evaluate(): void;
    startFailure(functionId: string): Reason | undefined;
  };
  /** Where users read what has happened to a Function. */
  readonly events: ObjectEvents;
  readonly functions: () => Iterable<FunctionResource>;
  readonly names: Pick<FunctionNames, 'findOlder'>;
  /** What `publish` and `versionHistoryLimit` ask for. */
  readonly versions: Pick<OnChangeVersions, 'latestNumber' | 'follow' | 'deleteAll'>;
  readonly clock: Clock;
  readonly makeId: () => string;
  readonly makeUrl: (fn: FunctionResource) => string | undefined;
  readonly limits: { readonly accountConcurrency: number };
  readonly platform: Platform;
  /** Instruction set of the machines that run functions. */
  readonly architecture: 'x86_64' | 'arm64';
}

/** Where the code of Functions comes from. */
export interface FunctionCode {
  resolve(fn: FunctionResource, signal: AbortSignal): Promise<CodeProgress>;
  /** Told of each Function that is deleted. */
  forget?(fn: FunctionResource): void;
}

const RETRY_REFUSED_MS = 30_000;
const RETRY_DELETION_MS = 200;

/** Conditions that are there only while they do not hold. */
const ONLY_WHILE_BROKEN: ReadonlySet<string> = new Set([
  CONDITION.concurrencyReserved,
  CONDITION.layersResolved,
]);

type Verdict =
  | {
      readonly kind: 'accepted';
      readonly served: ServedRevision;
      /** Why its code is not known to be signed, where somebody asks for that. */
      readonly unsigned?: Reason | undefined;
    }
  | ({
      /** Pending: whether it can be served is not known yet. */
      readonly kind: 'refused' | 'pending';
      readonly condition: string;
      readonly retryAfterMs?: number | undefined;
    } & Reason);

/** Drives one Function towards its spec: judge it, resolve its code, and say what is served. */
export class FunctionController implements Controller<'Function'> {
  readonly name = 'function';
  readonly #deps: FunctionControllerDeps;

  constructor(deps: FunctionControllerDeps) {
    this.#deps = deps;
  }

  async reconcile(fn: FunctionResource, signal: AbortSignal): Promise<Result> {
    if (fn.metadata.deletionTimestamp !== undefined) return this.#finalize(fn, signal);
    const owned = await this.#ensureFinalizer(fn, signal);
    const verdict = await this.#judge(owned, signal);
    const status = this.#computeStatus(owned, verdict);
    // Ready repeats what fails elsewhere, but for the workload, and for code that is served unsigned.
    const told: string[] = [CONDITION.ready, CONDITION.workloadAvailable];
    if (verdict.kind === 'accepted') told.push(CONDITION.codeSigned);
    const change = { object: owned, status, told };
    const written = await writeStatus<'Function'>(this.#deps, change, signal);
    if (verdict.kind === 'accepted') await this.#deps.versions.follow(written, signal);
    return verdict.kind === 'accepted'
      ? done
      : requeueAfter(
          verdict.retryAfterMs ?? RETRY_REFUSED_MS,
          'what is missing may have been mended',
        );
  }

  async #finalize(fn: FunctionResource, signal: AbortSignal): Promise<Result> {
    const { fleet, names, store } = this.#deps;
    const finalizers = fn.metadata.finalizers ?? [];
    if (!finalizers.includes(FUNCTION_FINALIZER)) return done;
    this.#deps.code.forget?.(fn);
    await this.#deps.versions.deleteAll(fn, signal);
    fleet.evaluate();
    // Those of an older object with the same function name are not this one's to wait for.
    if (names.findOlder(fn) === undefined && fleet.hasAny(toFunctionId(fn))) {
      return requeueAfter(RETRY_DELETION_MS, 'execution environments are ending');
    }
    const rest = finalizers.filter((f) => f !== FUNCTION_FINALIZER);
    await store.update({ ...fn, metadata: { ...fn.metadata, finalizers: rest } }, signal);
    return done;
  }

  async #ensureFinalizer(fn: FunctionResource, signal: AbortSignal): Promise<FunctionResource> {
    const finalizers = fn.metadata.finalizers ?? [];
    if (finalizers.includes(FUNCTION_FINALIZER)) return fn;
    const metadata = { ...fn.metadata, finalizers: [...finalizers, FUNCTION_FINALIZER] };
    return this.#deps.store.update<'Function'>({ ...fn, metadata }, signal);
  }

  async #judge(fn: FunctionResource, signal: AbortSignal): Promise<Verdict> {
    const refusal = this.#judgeAlone(fn);
    if (refusal !== undefined) return { kind: 'refused', ...refusal };
    const { runtime } = fn.spec;
    // An image has its own.
    const support = runtime && (await this.#deps.driver.supports(runtime, signal));
    if (support && support.kind === 'unavailable') {
      return { ...support, kind: 'refused', condition: CONDITION.runtimeAvailable };
    }
    const resolved = this.#deps.layers.resolve(fn);
    if (resolved.kind !== 'resolved') {
      return { ...resolved, condition: CONDITION.layersResolved };
    }
    return this.#judgeCode(fn, resolved.layers, signal);
  }

  async #judgeCode(
    fn: FunctionResource,
    layers: readonly ServedLayer[],
    signal: AbortSignal,
  ): Promise<Verdict> {
    const code = await this.#deps.code.resolve(fn, signal);
    if (code.kind === 'refused') return { ...code, condition: CONDITION.codeResolved };
    if (code.kind === 'pending') {
      return { reason: 'CodePending', ...code, condition: CONDITION.codeResolved };
    }
    const excess = layers.length > 0 ? judgeLayersSize(code.codeSize, layers) : undefined;
    if (excess !== undefined) {
      return { kind: 'refused', condition: CONDITION.layersResolved, ...excess };
    }
    const signing = this.#deps.codeSigning.judge(fn, { ...code, layers });
    if (signing.kind === 'refused' || signing.kind === 'pending') {
      return { ...signing, condition: CONDITION.codeSigned };
    }
    const unsigned = signing.kind === 'unsigned' ? signing : undefined;
    return { kind: 'accepted', served: makeServedRevision(fn.spec, code, layers), unsigned };
  }

  /** What can be judged without the outside world. */
  #judgeAlone(fn: FunctionResource): ({ readonly condition: string } & Reason) | undefined {
    const { architecture, functions, limits, names } = this.#deps;
    const holder = names.findOlder(fn);
    if (holder !== undefined) {
      return {
        condition: CONDITION.ready,
        reason: 'FunctionNameTaken',
        message: `The function name ${functionNameOf(fn)} belongs to the Function ${holder.metadata.name}: choose another spec.functionName.`,
      };
    }
    const [unserved] = findUnservedFields(fn.spec, this.#deps.platform);
    if (unserved !== undefined) {
      const message = `${unserved.path} ${unserved.message}.`;
      return { condition: CONDITION.ready, reason: 'FieldNotServed', message };
    }
    const wanted = fn.spec.architectures?.[0];
    if (wanted !== undefined && wanted !== architecture) {
      return {
        condition: CONDITION.ready,
        reason: 'ArchitectureNotAvailable',
        message: `The function wants ${wanted}, but this machine is ${architecture}: leave spec.architectures out or build for ${architecture}.`,
      };
    }
    const reservation = validateReservation(fn, functions(), limits);
    return reservation && { condition: CONDITION.concurrencyReserved, ...reservation };
  }

  #computeStatus(fn: FunctionResource, verdict: Verdict): MutableStatus {
    const status: MutableStatus = {
      ...structuredClone(fn.status ?? { conditions: [] }),
      observedGeneration: fn.metadata.generation,
      executionEnvironments: this.#deps.fleet.counts(toFunctionId(fn)),
    };
    const stamp: ConditionStamp = {
      nowIso: new Date(this.#deps.clock.now()).toISOString(),
      observedGeneration: fn.metadata.generation,
    };
    if (verdict.kind === 'accepted') this.#accept(fn, status, { ...verdict, stamp });
    else if (verdict.kind === 'pending') markPending(status, verdict, stamp);
    else refuse(status, verdict, stamp);
    this.#markWorkload(fn, status, stamp);
    if (verdict.kind === 'accepted') setOrDelete(status, 'url', this.#deps.makeUrl(fn));
    setOrDelete(status, 'latestVersion', this.#deps.versions.latestNumber(fn));
    return status;
  }

  /** Only while the last start has failed: a function without execution environments lacks nothing. */
  #markWorkload(fn: FunctionResource, status: MutableStatus, stamp: ConditionStamp): void {
    const failure = this.#deps.fleet.startFailure(toFunctionId(fn));
    const type = CONDITION.workloadAvailable;
    if (failure === undefined) {
      status.conditions = status.conditions.filter((c) => c.type !== type);
    } else {
      markCondition(status, stamp, { type, status: 'False', ...failure });
    }
  }

  #accept(
    fn: FunctionResource,
    status: MutableStatus,
    {
      served,
      unsigned,
      stamp,
    }: {
      readonly served: ServedRevision;
      readonly unsigned?: Reason | undefined;
      readonly stamp: ConditionStamp;
    },
  ): void {
    const lastModified = computeLastModified(fn, served, stamp.nowIso);
    const isSame =
      lastModified === status.lastModified &&
      fn.status?.observedGeneration === stamp.observedGeneration &&
      isDeepStrictEqual(status.served, served);
    if (!isSame) status.revisionId = this.#deps.makeId();
    status.lastModified = lastModified;
    Object.assign(status, {
      served,
      codeSha256: served.codeSha256,
      codeSize: served.codeSize,
      state: 'Active',
      lastUpdateStatus: 'Successful',
    });
    setOrDelete(status, 'resolvedImageUri', served.image?.uri);
    clearReasons(status);
    for (const type of [CONDITION.codeResolved, CONDITION.runtimeAvailable]) {
      markCondition(status, stamp, { type, status: 'True', reason: 'Resolved', message: '' });
    }
    status.conditions = status.conditions.filter(({ type }) => !ONLY_WHILE_BROKEN.has(type));
    markUnsigned(status, unsigned, stamp);
    markCondition(status, stamp, {
      type: CONDITION.ready,
      status: 'True',
      reason: 'Active',
      message: `${functionNameOf(fn)} can be invoked.`,
    });
  }
}

/** Only while somebody asks for signatures. */
function markUnsigned(
  status: MutableStatus,
  unsigned: Reason | undefined,
  stamp: ConditionStamp,
): void {
  const type = CONDITION.codeSigned;
  if (unsigned === undefined) {
    status.conditions = status.conditions.filter((c) => c.type !== type);
    return;
  }
  const { reason, message } = unsigned;
  markCondition(status, stamp, { type, status: 'False', reason, message });
}

/** When code or configuration was last changed; the Lambda API says when it was asked to, be it for what there was. */
function computeLastModified(
  { metadata, status }: FunctionResource,
  served: ServedRevision,
  nowIso: string,
): string {
  const before = status?.lastModified ?? '';
  const asked = metadata.annotations?.[LAST_MODIFIED_ANNOTATION] ?? '';
  if (asked > before) return asked;
  return before === '' || !isDeepStrictEqual(status?.served, served) ? nowIso : before;
}

/** Without anything served the function has failed; else its last good revision goes on. */
function refuse(
  status: MutableStatus,
  { condition, reason, message }: { readonly condition: string } & Reason,
  stamp: ConditionStamp,
): void {
  clearReasons(status);
  if (status.served === undefined) {
    Object.assign(status, { state: 'Failed', stateReason: message, stateReasonCode: reason });
  }
  Object.assign(status, {
    lastUpdateStatus: 'Failed',
    lastUpdateStatusReason: message,
    lastUpdateStatusReasonCode: reason,
  });
  for (const type of new Set([condition, CONDITION.ready])) {
    markCondition(status, stamp, { type, status: 'False', reason, message });
  }
}

/** Without anything served the function is on its way; else its last good revision goes on meanwhile. */
function markPending(
  status: MutableStatus,
  { condition, reason, message }: { readonly condition: string } & Reason,
  stamp: ConditionStamp,
): void {
  clearReasons(status);
  if (status.served === undefined) {
    Object.assign(status, { state: 'Pending', stateReason: message, stateReasonCode: 'Creating' });
  }
  Object.assign(status, { lastUpdateStatus: 'InProgress', lastUpdateStatusReason: message });
  for (const type of [condition, CONDITION.ready]) {
    markCondition(status, stamp, { type, status: 'Unknown', reason, message });
  }
}

function clearReasons(status: MutableStatus): void {
  delete status.stateReason;
  delete status.stateReasonCode;
  delete status.lastUpdateStatusReason;
  delete status.lastUpdateStatusReasonCode;
}

/** A member without a value would differ from what is read back, and be written each time. */
function setOrDelete(
  status: MutableStatus,
  member: 'url' | 'resolvedImageUri' | 'latestVersion',
  value: string | undefined,
): void {
  if (value === undefined) Reflect.deleteProperty(status, member);
  else status[member] = value;
}
