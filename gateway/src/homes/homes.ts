import { findHome, rankGateways, type GatewayMember } from '@mayfly/core';

const NONE: readonly GatewayMember[] = [];

/** Who we are, and whether there can be others. */
export interface HomesOptions {
  readonly gatewayId: string;
  /** The only gateway there is: the home of everything, from the start. */
  readonly isAlone: boolean;
}

/**
 * Whose home is where. Knows what the operator said last, also while the operator is away: two gateways that
 * were told different things may both act as home of a function, which costs an execution environment and
 * breaks nothing.
 */
export class Homes {
  readonly #gatewayId: string;
  #isKnown: boolean;
  #isDraining = false;
  #members: readonly GatewayMember[] = NONE;

  constructor({ gatewayId, isAlone }: HomesOptions) {
    this.#gatewayId = gatewayId;
    this.#isKnown = isAlone;
  }

  /** False until the operator has said which gateways there are. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** The gateways there are, but for us. */
  get siblings(): readonly GatewayMember[] {
    return this.#members.filter(({ gatewayId }) => gatewayId !== this.#gatewayId);
  }

  /** What the operator says. Once we drain, we are home to nothing, whatever it has not heard yet. */
  setMembers(gateways: readonly GatewayMember[]): void {
    this.#members = gateways;
    this.#isKnown = true;
    if (this.#isDraining) this.#members = this.siblings;
  }

  /** We are about to stop. */
  drain(): void {
    this.#isDraining = true;
    this.#members = this.siblings;
  }

  /**
   * Who is to be asked before we act as home, in this order: the home first, then those that act as home
   * while it does not answer. Empty: we are the home (or there is nobody else).
   */
  homesBeforeUs(functionId: string): readonly GatewayMember[] {
    const home = findHome(functionId, this.#members);
    if (home === undefined || home.gatewayId === this.#gatewayId) return NONE;
    const ranked = rankGateways(functionId, this.#members);
    const us = ranked.findIndex(({ gatewayId }) => gatewayId === this.#gatewayId);
    return us < 0 ? ranked : ranked.slice(0, us);
  }

  isHome(functionId: string): boolean {
    return this.homesBeforeUs(functionId).length === 0;
  }
}
