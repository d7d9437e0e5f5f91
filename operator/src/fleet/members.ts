import {
  functionIdOf,
  type ExecutionEnvironmentAddress,
  type FleetMember,
  type MemberState,
  type RevisionKey,
} from '@mayfly/core';

/** How many of a function's execution environments are in which state. */
export interface MemberCounts {
  readonly desired: number;
  readonly ready: number;
  readonly busy: number;
}

/** How many of a version are initialised as provisioned concurrency, and how many of these run nothing. */
export interface ProvisionedCounts {
  readonly allocated: number;
  readonly available: number;
}

/** What is known of an execution environment from its creation on. */
export type MemberIdentity = Pick<
  FleetMember,
  'executionEnvironmentId' | 'key' | 'isProvisioned' | 'createdMs'
>;

/** An execution environment with what only the doer needs. */
export class Member implements FleetMember {
  readonly executionEnvironmentId: string;
  readonly key: RevisionKey;
  readonly isProvisioned: boolean;
  readonly createdMs: number;
  state: MemberState = 'starting';
  idleSinceMs: number;
  isRevoked = false;
  /** Since when somebody has wished for it. */
  wishedMs: number;
  waitingMs: number | undefined;
  assignedMs: number;
  /** By when it must be a step further: waiting for its function, and then ready. Infinity while it is assigned. */
  dueByMs = Infinity;
  address: ExecutionEnvironmentAddress | undefined;
  /** The gateway that it was granted to and that has not given it back. */
  holderId: string | undefined;
  /** The gateway that it is made for, or moves to. */
  destinationId: string | undefined;
  /**
   * Nobody known has it: its gateway has gone, or it is older than this operator. It counts as busy until it
   * has been asked, because it may be running an invocation.
   */
  isOrphan = false;
  isBeingProbed = false;
  /** Granted before its init phase was over: what becomes of that is still to be heard of. */
  isInitialising = false;
  /** How often it has said something while nobody had it: an answer to an earlier question may be older. */
  news = 0;
  /** Times in a row that it did not answer. */
  failedProbes = 0;

  constructor({ executionEnvironmentId, key, isProvisioned, createdMs }: MemberIdentity) {
    this.executionEnvironmentId = executionEnvironmentId;
    this.key = key;
    this.isProvisioned = isProvisioned;
    this.createdMs = createdMs;
    this.idleSinceMs = createdMs;
    this.wishedMs = createdMs;
    this.assignedMs = createdMs;
  }

  get gatewayId(): string | undefined {
    return this.state === 'starting' || this.state === 'moving'
      ? this.destinationId
      : this.holderId;
  }

  /** A gateway has it. */
  get isGranted(): boolean {
    return this.state === 'idle' || this.state === 'busy';
  }

  /** It is ready, and runs invocations or soon will. */
  get isServing(): boolean {
    return !this.isInitialising && (this.isGranted || this.state === 'moving');
  }

  /** What it was made for has not been done yet: its failure is that of a start. */
  get isStarting(): boolean {
    return this.state === 'starting' || (this.isInitialising && this.state !== 'terminating');
  }

  /** Nobody has it any more, or nobody is known to. */
  orphan(): void {
    this.isOrphan = true;
    this.isInitialising = false;
    this.state = 'busy';
    this.holderId = undefined;
    this.destinationId = undefined;
  }
}

/** All execution environments that exist or are being made. */
export class Members {
  readonly #members = new Map<string, Member>();
  readonly #byFunction = new Map<string, Set<Member>>();

  add(identity: MemberIdentity): Member {
    const member = new Member(identity);
    this.#members.set(member.executionEnvironmentId, member);
    const id = functionIdOf(member.key);
    const siblings = this.#byFunction.get(id) ?? new Set();
    this.#byFunction.set(id, siblings.add(member));
    return member;
  }

  get(executionEnvironmentId: string): Member | undefined {
    return this.#members.get(executionEnvironmentId);
  }

  delete(executionEnvironmentId: string): Member | undefined {
    const member = this.#members.get(executionEnvironmentId);
    if (member === undefined) return undefined;
    this.#members.delete(executionEnvironmentId);
    const id = functionIdOf(member.key);
    const siblings = this.#byFunction.get(id);
    siblings?.delete(member);
    if (siblings?.size === 0) this.#byFunction.delete(id);
    return member;
  }

  all(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** Starting, and silent for too long. */
  overdue(nowMs: number): readonly Member[] {
    return this.all().filter((m) => m.isStarting && m.dueByMs <= nowMs);
  }

  of(functionId: string): readonly Member[] {
    return [...(this.#byFunction.get(functionId) ?? [])];
  }

  /** Those of a revision that were made ahead and are to stay. */
  provisioned(key: RevisionKey): ProvisionedCounts {
    const ready = this.of(functionIdOf(key)).filter(
      (m) =>
        m.isProvisioned &&
        !m.isRevoked &&
        m.key.revision === key.revision &&
        (m.state === 'idle' || m.state === 'busy' || m.state === 'moving'),
    );
    return {
      allocated: ready.length,
      available: ready.filter((m) => m.state !== 'busy').length,
    };
  }

  counts(functionId: string): MemberCounts {
    const members = this.of(functionId);
    const busy = members.filter((m) => m.state === 'busy').length;
    const unoccupied = members.filter((m) => m.state === 'idle' || m.state === 'moving').length;
    return {
      desired: members.filter((m) => m.state !== 'terminating' && !m.isRevoked).length,
      ready: busy + unoccupied,
      busy,
    };
  }
}
