import { functionIdOf, revisionIdOf, type Clock, type GatewayMember } from '@mayfly/core';
import type { HomeOutcome, Invocation, InvocationOutcome } from '../invoke/invocation.ts';

/** What serving a function together with others needs. */
export interface FellowHomesDeps {
  readonly clock: Clock;
  /** The other homes, in the order in which they are to be asked. Empty where we are the only one. */
  readonly fellowHomes: (functionId: string) => readonly GatewayMember[];
  readonly hasIdle: (key: Invocation['target']['key']) => boolean;
  /** Runs it here, or lets it wait here. */
  readonly actAsHome: (invocation: Invocation, waitsUntilMs: number) => Promise<HomeOutcome>;
  /** Gives it to another home, which takes it only if it need not wait there. */
  readonly offer: (
    sibling: GatewayMember,
    invocation: Invocation,
    waitMs: number,
  ) => Promise<
    { readonly kind: 'done'; readonly outcome: InvocationOutcome } | { readonly kind: 'not-taken' }
  >;
}

/** Who had nothing idle is not asked again for so long: under a load that fills all homes it would be in vain. */
const BARREN_MS = 5;
const MOST_REMEMBERED = 1_000;

/**
 * Serves a function that has several homes: where nothing is idle here, the other homes are asked before anybody waits or
 * the operator hears of it. So nothing goes to and fro between homes with every call, and nobody is throttled by
 * one home while another has something idle. Who is asked asks nobody else.
 */
export class FellowHomes {
  readonly #deps: FellowHomesDeps;
  /** By revision and gateway: until when it is not asked. */
  readonly #barren = new Map<string, number>();

  constructor(deps: FellowHomesDeps) {
    this.#deps = deps;
  }

  /** Serves it here or at another home. */
  serve(invocation: Invocation, waitsUntilMs: number): Promise<HomeOutcome> {
    const { hasIdle, actAsHome } = this.#deps;
    // What is warm does not pay for those that are not: no promise of ours around its own.
    if (hasIdle(invocation.target.key)) return actAsHome(invocation, waitsUntilMs);
    return this.#askOthersFirst(invocation, waitsUntilMs);
  }

  async #askOthersFirst(invocation: Invocation, waitsUntilMs: number): Promise<HomeOutcome> {
    const { fellowHomes, hasIdle, actAsHome } = this.#deps;
    const { key } = invocation.target;
    for (const sibling of fellowHomes(functionIdOf(key))) {
      const outcome = await this.#offer(sibling, invocation, waitsUntilMs);
      if (outcome !== undefined) return outcome;
      // Something has come back while we asked.
      if (hasIdle(key)) break;
    }
    return actAsHome(invocation, waitsUntilMs);
  }

  async #offer(
    sibling: GatewayMember,
    invocation: Invocation,
    waitsUntilMs: number,
  ): Promise<InvocationOutcome | undefined> {
    const { clock, offer } = this.#deps;
    const id = `${sibling.gatewayId} ${revisionIdOf(invocation.target.key)}`;
    const askedMs = clock.now();
    if (askedMs < (this.#barren.get(id) ?? 0)) return undefined;
    const result = await offer(sibling, invocation, Math.max(0, waitsUntilMs - askedMs));
    if (result.kind === 'done') return result.outcome;
    if (this.#barren.size >= MOST_REMEMBERED) this.#barren.clear();
    // One that cannot be reached takes seconds to find out: it is left alone for as long.
    this.#barren.set(id, clock.now() + BARREN_MS + (clock.now() - askedMs));
    return undefined;
  }
}
