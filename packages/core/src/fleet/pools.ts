import type { ThrottleReason } from '@mayfly/lambda-api';
import { functionIdOf, type FleetFacts, type FleetMember, type FunctionLimits } from './facts.ts';

/**
 * A share of a namespace's concurrency: a function's reservation, or the rest that all others share.
 * Every member counts, idle or busy: a limit on concurrency is a limit on how many exist.
 */
export interface Pool {
  readonly limit: number;
  /** What a caller is told when the pool is used up. */
  readonly refusal: ThrottleReason;
  readonly members: FleetMember[];
  /** Those that are idle, least recently used first: made when it is first asked for. */
  readonly idle: () => readonly FleetMember[];
}

/** The pools of all functions, made on demand. */
export class Pools {
  readonly #facts: FleetFacts;
  readonly #pools = new Map<string, Pool>();
  readonly #reservedByNamespace = new Map<string, number>();

  constructor(facts: FleetFacts) {
    this.#facts = facts;
    // Of thousands of functions a few have one; this is done for every decision.
    for (const { namespace, reservedConcurrency = 0 } of facts.functions.values()) {
      if (reservedConcurrency === 0) continue;
      const sum = this.#reservedByNamespace.get(namespace) ?? 0;
      this.#reservedByNamespace.set(namespace, sum + reservedConcurrency);
    }
    for (const member of facts.members) this.of(member.key).members.push(member);
  }

  /** The pool that a function draws from. A function that is gone counts with the unreserved ones. */
  of(key: { readonly namespace: string; readonly functionName: string }): Pool {
    const fn = this.#facts.functions.get(functionIdOf(key));
    const id = fn?.reservedConcurrency === undefined ? key.namespace : functionIdOf(key);
    let pool = this.#pools.get(id);
    if (pool === undefined) {
      pool = this.#makePool(key.namespace, fn);
      this.#pools.set(id, pool);
    }
    return pool;
  }

  /** Every pool that has members or was asked for. */
  all(): readonly Pool[] {
    return [...this.#pools.values()];
  }

  #makePool(namespace: string, fn: FunctionLimits | undefined): Pool {
    const members: FleetMember[] = [];
    let idle: readonly FleetMember[] | undefined;
    const share = {
      members,
      idle: () =>
        (idle ??= members
          .filter((m) => m.state === 'idle')
          .sort((a, b) => a.idleSinceMs - b.idleSinceMs)),
    };
    if (fn?.reservedConcurrency !== undefined) {
      return {
        ...share,
        limit: fn.reservedConcurrency,
        refusal: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      };
    }
    const reserved = this.#reservedByNamespace.get(namespace) ?? 0;
    return {
      ...share,
      limit: Math.max(0, this.#facts.accountConcurrency - reserved),
      refusal: 'ConcurrentInvocationLimitExceeded',
    };
  }
}
