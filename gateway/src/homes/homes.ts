import { findHome, rankGateways, type FunctionSpread, type GatewayMember } from '@mayfly/core';
import { preferLessLoaded } from './prefer-less-loaded.ts';

const NONE: readonly GatewayMember[] = [];

/** Who we are, and whether there can be others. */
export interface HomesOptions {
  readonly gatewayId: string;
  /** The only gateway there is: the home of everything, from the start. */
  readonly isAlone: boolean;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** What we have given another gateway and that has not ended. */
  readonly inFlightTo: (gatewayId: string) => number;
}

/**
 * Whose home is where. Knows what the operator said last, also while the operator is away: two gateways that
 * were told different things may both act as home of a function, which costs an execution environment and
 * breaks nothing.
 */
export class Homes {
  readonly #options: HomesOptions;
  readonly #gatewayId: string;
  #isKnown: boolean;
  #isDraining = false;
  #members: readonly GatewayMember[] = NONE;
  #spread: ReadonlyMap<string, number> = new Map();

  constructor(options: HomesOptions) {
    this.#options = options;
    this.#gatewayId = options.gatewayId;
    this.#isKnown = options.isAlone;
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

  /** The functions that have more than one home, as the operator says. */
  setSpread(functions: readonly FunctionSpread[]): void {
    this.#spread = new Map(functions.map(({ functionId, homes }) => [functionId, homes]));
  }

  /** What the operator has said of that, for the next one. */
  get spread(): readonly FunctionSpread[] {
    return [...this.#spread].map(([functionId, homes]) => ({ functionId, homes }));
  }

  /** We are about to stop. */
  drain(): void {
    this.#isDraining = true;
    this.#members = this.siblings;
  }

  /**
   * Who is to be asked before we act as home, in this order: the homes first, the less loaded of two before all
   * others, then those that act as home while none of them answers. Empty: we are a home (or there is nobody else).
   */
  homesBeforeUs(functionId: string): readonly GatewayMember[] {
    const count = this.#spread.get(functionId) ?? 1;
    if (count === 1) {
      const home = findHome(functionId, this.#members);
      if (home === undefined || home.gatewayId === this.#gatewayId) return NONE;
    }
    const ranked = rankGateways(functionId, this.#members);
    const us = ranked.findIndex(({ gatewayId }) => gatewayId === this.#gatewayId);
    if (us >= 0 && us < count) return NONE;
    const before = us < 0 ? ranked : ranked.slice(0, us);
    if (count === 1) return before;
    return [...preferLessLoaded(before.slice(0, count), this.#options), ...before.slice(count)];
  }

  /** The other homes of a function that we are a home of, the less loaded of two first. */
  fellowHomes(functionId: string): readonly GatewayMember[] {
    const count = this.#spread.get(functionId) ?? 1;
    if (count === 1) return NONE;
    const homes = rankGateways(functionId, this.#members).slice(0, count);
    const others = homes.filter(({ gatewayId }) => gatewayId !== this.#gatewayId);
    return others.length === homes.length ? NONE : preferLessLoaded(others, this.#options);
  }

  isHome(functionId: string): boolean {
    return this.homesBeforeUs(functionId).length === 0;
  }
}
