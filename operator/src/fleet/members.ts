import {
  functionIdOf,
  type ExecutionEnvironmentAddress,
  type FleetMember,
  type MemberState,
  type RevisionKey,
} from '@mayfly/core';

/** An execution environment with what only the doer needs. */
export interface Member {
  readonly executionEnvironmentId: string;
  readonly key: RevisionKey;
  state: MemberState;
  idleSinceMs: number;
  isRevoked: boolean;
  readonly createdMs: number;
  assignedMs: number;
  /** By when it must have said that it is ready; undefined until the driver has assigned it. */
  readyByMs: number | undefined;
  address: ExecutionEnvironmentAddress | undefined;
}

/** How many of a function's execution environments are in which state. */
export interface MemberCounts {
  readonly desired: number;
  readonly ready: number;
  readonly busy: number;
}

/** All execution environments that exist or are being made. */
export class Members {
  readonly #members = new Map<string, Member>();

  add(executionEnvironmentId: string, key: RevisionKey, nowMs: number): Member {
    const member: Member = {
      executionEnvironmentId,
      key,
      state: 'starting',
      idleSinceMs: nowMs,
      isRevoked: false,
      createdMs: nowMs,
      assignedMs: nowMs,
      readyByMs: undefined,
      address: undefined,
    };
    this.#members.set(executionEnvironmentId, member);
    return member;
  }

  get(executionEnvironmentId: string): Member | undefined {
    return this.#members.get(executionEnvironmentId);
  }

  delete(executionEnvironmentId: string): Member | undefined {
    const member = this.#members.get(executionEnvironmentId);
    this.#members.delete(executionEnvironmentId);
    return member;
  }

  all(): readonly FleetMember[] {
    return [...this.#members.values()];
  }

  /** Assigned, and silent for too long. */
  overdue(nowMs: number): readonly Member[] {
    return [...this.#members.values()].filter(
      (m) => m.state === 'starting' && m.readyByMs !== undefined && m.readyByMs <= nowMs,
    );
  }

  of(functionId: string): readonly Member[] {
    return [...this.#members.values()].filter((m) => functionIdOf(m.key) === functionId);
  }

  counts(functionId: string): MemberCounts {
    const members = this.of(functionId);
    const busy = members.filter((m) => m.state === 'busy').length;
    return {
      desired: members.filter((m) => m.state !== 'terminating' && !m.isRevoked).length,
      ready: busy + members.filter((m) => m.state === 'idle').length,
      busy,
    };
  }
}
