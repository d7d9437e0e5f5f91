import type { Condition, VersionResource, VersionStatus } from '@mayfly/api';
import {
  findAliasesOf,
  judgeVersion,
  listPublished,
  type Account,
  type Clock,
  type ResourceStore,
  type VersionNumbers,
  type VersionVerdict,
} from '@mayfly/core';
import { makeFunctionArn } from '@mayfly/lambda-api';
import { toFunctionId, toVersionedFunction } from '../../fleet/by-function.ts';
import type { Provisioner } from '../../provisioning/provisioner.ts';
import type { Controller } from '../../reconcile/controller-runner.ts';
import { done, requeueAfter, type Result } from '../../reconcile/result.ts';
import { CONDITION, markCondition, type ConditionStamp } from '../function/conditions.ts';
import type { ObjectEvents } from '../object-events.ts';
import { writeStatus } from '../write-status.ts';
import type { CodeChecks } from './code-checks.ts';
import type { KeyedTurns } from './keyed-turns.ts';
import type { ReleaseBook } from './release-book.ts';

/** Kept on every published Version while an alias names it. */
export const VERSION_FINALIZER = 'mayfly.dev/version';

/** Condition types of a Version beside `Ready`; they are there only while they do not hold. */
export const VERSION_CONDITION = {
  codeAvailable: 'CodeAvailable',
  workloadAvailable: 'WorkloadAvailable',
  deletable: 'Deletable',
} as const;

/** What the controller needs. */
export interface VersionControllerDeps {
  readonly store: Pick<ResourceStore, 'update' | 'patchStatus'>;
  readonly numbers: VersionNumbers;
  readonly book: Pick<ReleaseBook, 'facts' | 'newest' | 'note'>;
  /** Versions of a function are published one after the other. */
  readonly turns: KeyedTurns;
  readonly code: CodeChecks;
  readonly events: ObjectEvents;
  readonly clock: Clock;
  readonly account: Account;
  readonly provisioner: Pick<Provisioner, 'statusOf'>;
  /** Why the last execution environment of a version could not be made, until one can. */
  readonly startFailure: (functionId: string, version: string) => Cause | undefined;
}

/** What is said of a Version: of one to be filled, once it is. */
type Judgement = Exclude<VersionVerdict, { readonly kind: 'publish' }>;

type Status = { -readonly [K in keyof VersionStatus]: VersionStatus[K] };

const LOOK_AGAIN_MS = 30_000;
const CHECK_CODE_MS = 3_600_000;

/** Publishes one Version: fills it once with what its function serves, under a number that nobody else gets. */
export class VersionController implements Controller<'Version'> {
  readonly name = 'version';
  readonly #deps: VersionControllerDeps;

  constructor(deps: VersionControllerDeps) {
    this.#deps = deps;
  }

  reconcile(seen: VersionResource, signal: AbortSignal): Promise<Result> {
    const functionId = toFunctionId(seen);
    return this.#deps.turns.run(functionId, () => {
      // Meanwhile another one may have been published, or this one.
      const version = this.#deps.book.newest(seen);
      return version.metadata.deletionTimestamp === undefined
        ? this.#advance(version, signal)
        : this.#finalize(version, signal);
    });
  }

  async #advance(version: VersionResource, signal: AbortSignal): Promise<Result> {
    const facts = this.#deps.book.facts(toVersionedFunction(version));
    const verdict = judgeVersion(version, facts);
    if (verdict.kind === 'publish') {
      return this.#advance(await this.#publish(version, verdict, signal), signal);
    }
    if (verdict.kind !== 'published') return this.#report(version, verdict, signal);
    const owned = await this.#own(version, verdict.number, signal);
    return this.#report(owned, verdict, signal);
  }

  async #publish(
    version: VersionResource,
    { snapshot, atLeast }: Extract<VersionVerdict, { readonly kind: 'publish' }>,
    signal: AbortSignal,
  ): Promise<VersionResource> {
    const { numbers } = this.#deps;
    const number = await numbers.next(toVersionedFunction(version), atLeast, signal);
    const metadata = withFinalizer(version.metadata);
    const spec = { ...version.spec, version: number, snapshot };
    return this.#update({ ...version, metadata, spec }, signal);
  }

  /** One that came with its number, from a backup for example. */
  async #own(
    version: VersionResource,
    number: number,
    signal: AbortSignal,
  ): Promise<VersionResource> {
    const metadata = withFinalizer(version.metadata);
    if (metadata === version.metadata) return version;
    await this.#deps.numbers.passOver(toVersionedFunction(version), number, signal);
    return this.#update({ ...version, metadata }, signal);
  }

  async #update(version: VersionResource, signal: AbortSignal): Promise<VersionResource> {
    const written = await this.#deps.store.update<'Version'>(version, signal);
    this.#deps.book.note(written);
    return written;
  }

  async #report(
    version: VersionResource,
    judgement: Judgement,
    signal: AbortSignal,
  ): Promise<Result> {
    const isLost = judgement.kind === 'published' && (await this.#isCodeLost(version, signal));
    await this.#write(version, this.#computeStatus(version, judgement, isLost), signal);
    return judgement.kind === 'published' && !isLost
      ? requeueAfter(CHECK_CODE_MS, 'its archive may be lost')
      : requeueAfter(LOOK_AGAIN_MS, 'what is missing may have been mended');
  }

  async #isCodeLost({ spec }: VersionResource, signal: AbortSignal): Promise<boolean> {
    // Of an image the registry has the code.
    if (spec.snapshot === undefined || spec.snapshot.image !== undefined) return false;
    try {
      return !(await this.#deps.code.has(spec.snapshot.codeSha256, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      // The store does not answer: whether the archive is there is asked again, and all else is said meanwhile.
      return false;
    }
  }

  #computeStatus(version: VersionResource, judgement: Judgement, isCodeLost: boolean): Status {
    const stamp = this.#stampOf(version);
    const status: Status = {
      ...structuredClone(version.status ?? { conditions: [] }),
      observedGeneration: version.metadata.generation,
    };
    if (judgement.kind === 'published' || judgement.kind === 'unchanged') {
      const location = { ...this.#deps.account, functionName: version.spec.functionName };
      status.version = judgement.number.toString();
      status.functionArn = makeFunctionArn(location, status.version);
    }
    if (judgement.kind === 'published') status.lastModified ??= stamp.nowIso;
    const provisioned = this.#deps.provisioner.statusOf('Version', version.metadata);
    if (provisioned === undefined) delete status.provisionedConcurrency;
    else status.provisionedConcurrency = provisioned;
    const { codeAvailable, workloadAvailable } = VERSION_CONDITION;
    markOrClear(status, stamp, [codeAvailable, isCodeLost ? codeLost(version) : undefined]);
    markOrClear(status, stamp, [workloadAvailable, this.#startFailureOf(version, judgement)]);
    const ready = isCodeLost ? notReady(codeLost(version)) : toReady(version, judgement);
    markCondition(status, stamp, { type: CONDITION.ready, ...ready });
    return status;
  }

  #startFailureOf(version: VersionResource, judgement: Judgement): Cause | undefined {
    if (judgement.kind !== 'published') return undefined;
    const functionId = toFunctionId(version);
    return this.#deps.startFailure(functionId, judgement.number.toString());
  }

  async #write(version: VersionResource, status: Status, signal: AbortSignal): Promise<void> {
    const { workloadAvailable, deletable } = VERSION_CONDITION;
    const told = [CONDITION.ready, workloadAvailable, deletable];
    const written = await writeStatus<'Version'>(
      this.#deps,
      { object: version, status, told },
      signal,
    );
    if (written !== version) this.#deps.book.note(written);
  }

  async #finalize(version: VersionResource, signal: AbortSignal): Promise<Result> {
    const { finalizers = [] } = version.metadata;
    if (!finalizers.includes(VERSION_FINALIZER)) return done;
    const aliases = this.#findHolders(version);
    if (aliases.length > 0) {
      const status: Status = {
        ...structuredClone(version.status ?? { conditions: [] }),
        // Its deletion is a generation of its own, which an alias may wait for.
        observedGeneration: version.metadata.generation,
      };
      const stamp = this.#stampOf(version);
      const held = toHeld(version, aliases);
      markCondition(status, stamp, { type: VERSION_CONDITION.deletable, status: 'False', ...held });
      await this.#write(version, status, signal);
      return requeueAfter(LOOK_AGAIN_MS, 'the aliases may have moved');
    }
    const rest = finalizers.filter((finalizer) => finalizer !== VERSION_FINALIZER);
    const metadata = { ...version.metadata, finalizers: rest };
    await this.#deps.store.update<'Version'>({ ...version, metadata }, signal);
    return done;
  }

  /** Without its function nothing routes to a version, whatever names it; nor to one whose number another has. */
  #findHolders(version: VersionResource): readonly string[] {
    const { fn, versions, aliases } = this.#deps.book.facts(toVersionedFunction(version));
    if (fn === undefined || fn.metadata.deletionTimestamp !== undefined) return [];
    const held = listPublished(versions).find(
      ({ object }) => object.metadata.uid === version.metadata.uid,
    );
    return held === undefined ? [] : findAliasesOf(held.number, aliases);
  }

  #stampOf({ metadata }: VersionResource): ConditionStamp {
    const nowIso = new Date(this.#deps.clock.now()).toISOString();
    return { nowIso, observedGeneration: metadata.generation };
  }
}

function withFinalizer(metadata: VersionResource['metadata']): VersionResource['metadata'] {
  const { finalizers = [] } = metadata;
  if (finalizers.includes(VERSION_FINALIZER)) return metadata;
  return { ...metadata, finalizers: [...finalizers, VERSION_FINALIZER] };
}

type Said = Pick<Condition, 'status' | 'reason' | 'message'>;
type Cause = Omit<Said, 'status'>;

function toReady({ spec }: VersionResource, judgement: Judgement): Said {
  switch (judgement.kind) {
    case 'published': {
      const message = `${spec.functionName}:${judgement.number.toString()} can be invoked.`;
      return { status: 'True', reason: 'Published', message };
    }
    case 'unchanged': {
      const message = `Nothing was published: $LATEST is the same as version ${judgement.number.toString()}.`;
      return { status: 'True', reason: 'Unchanged', message };
    }
    case 'waiting': {
      const { reason, message } = judgement;
      return { status: 'Unknown', reason, message };
    }
    case 'refused':
      return notReady(judgement);
  }
}

/** Only while it does not hold. */
function markOrClear(
  status: Status,
  stamp: ConditionStamp,
  [type, cause]: readonly [type: string, cause: Cause | undefined],
): void {
  if (cause !== undefined) markCondition(status, stamp, { type, status: 'False', ...cause });
  else status.conditions = status.conditions.filter((c) => c.type !== type);
}

function notReady({ reason, message }: Cause): Said {
  return { status: 'False', reason, message };
}

function codeLost({ spec }: VersionResource): Cause {
  return {
    reason: 'CodeLost',
    message: `The archive ${String(spec.snapshot?.codeSha256)} is not in the code store: no execution environment of this version can start. Put it there again, or publish another version.`,
  };
}

function toHeld({ spec }: VersionResource, aliases: readonly string[]): Cause {
  return {
    reason: 'AliasesPointToVersion',
    message: `Version ${String(spec.version)} of ${spec.functionName} cannot be deleted while aliases point to it: ${aliases.join(', ')}. It is served until they point elsewhere.`,
  };
}
