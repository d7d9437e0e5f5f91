import { functionIdOf, type Clock, type GatewayMember, type RevisionKey } from '@mayfly/core';
import type { HomeOutcome, Invocation, InvocationOutcome, InvocationTaker } from './invocation.ts';

/** What deciding where an invocation goes needs. */
export interface InvocationRouterDeps {
  readonly clock: Clock;
  /** Gateways to ask before we act as home, in this order. Empty: we are the home. */
  readonly homesBeforeUs: (functionId: string) => readonly GatewayMember[];
  readonly hasIdle: (key: RevisionKey) => boolean;
  /** Runs it here. */
  readonly actAsHome: (invocation: Invocation, waitsUntilMs: number) => Promise<HomeOutcome>;
  /** Gives it to another gateway, where it waits for `waitMs` at the longest. */
  readonly forward: (
    sibling: GatewayMember,
    invocation: Invocation,
    waitMs: number,
  ) => Promise<
    { readonly kind: 'done'; readonly outcome: InvocationOutcome } | { readonly kind: 'not-taken' }
  >;
  /** Longest time that an invocation waits for an execution environment, wherever it waits. */
  readonly queueTimeoutMs: number;
}

/**
 * Brings an invocation to the home of its function, which may be here: the way in for every door. Another
 * gateway that was asked acts as home and asks nobody else, so that an invocation cannot go in a circle.
 */
export class InvocationRouter implements InvocationTaker {
  readonly #deps: InvocationRouterDeps;

  constructor(deps: InvocationRouterDeps) {
    this.#deps = deps;
  }

  async invoke(invocation: Invocation): Promise<InvocationOutcome> {
    const { clock, queueTimeoutMs, actAsHome, forward } = this.#deps;
    const waitsUntilMs = clock.now() + queueTimeoutMs;
    const asked = new Set<string>();
    for (;;) {
      const sibling = this.#nextHome(invocation.target.key, asked);
      if (sibling === undefined) {
        const outcome = await actAsHome(invocation, waitsUntilMs);
        if (outcome.kind !== 'moved') return outcome;
        // The gateways have changed while it waited: whose home is it now?
        asked.clear();
      } else {
        asked.add(sibling.gatewayId);
        const waitMs = Math.max(0, waitsUntilMs - clock.now());
        const result = await forward(sibling, invocation, waitMs);
        if (result.kind === 'done') return result.outcome;
      }
    }
  }

  /** Undefined: we act as home. We are, or nobody before us answers, or we still have one that is idle. */
  #nextHome(key: RevisionKey, asked: ReadonlySet<string>): GatewayMember | undefined {
    const homes = this.#deps.homesBeforeUs(functionIdOf(key));
    if (homes.length === 0 || this.#deps.hasIdle(key)) return undefined;
    return homes.find(({ gatewayId }) => !asked.has(gatewayId));
  }
}
