import {
  describeCreation,
  describeRefusal,
  describeRevocation,
  functionIdOf,
  revisionIdOf,
  type Creation,
  type FleetPlan,
  type Outlook,
  type Revocation,
} from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import type { Member } from './members.ts';

/** One line for each decision: what is created, taken back, refused or missing, and why. */
export class DecisionLog {
  readonly #logger: Logger;
  readonly #refused: ReadonlySet<string>;
  #shortages: ReadonlyMap<string, number> = new Map();

  /** `refused`: functions whose last answer was a refusal. */
  constructor(logger: Logger, refused: ReadonlySet<string>) {
    this.#logger = logger;
    this.#refused = refused;
  }

  created(creation: Creation): void {
    this.#logger.info({ ...creation.key, because: describeCreation(creation) }, 'creating');
  }

  revoked(member: Member, revocation: Omit<Revocation, 'executionEnvironmentId'>): void {
    const { executionEnvironmentId, key } = member;
    const because = describeRevocation(revocation, member);
    this.#logger.info({ ...key, executionEnvironmentId, because }, 'taking back');
  }

  /** Said once, until there is headroom again: a flood of throttled calls is no flood of lines. */
  refused(outlook: Outlook): void {
    if (this.#refused.has(functionIdOf(outlook.key))) return;
    this.#logger.info({ ...outlook.key, because: describeRefusal(outlook) }, 'refusing');
  }

  /** Said when it changes. */
  shortages(shortages: FleetPlan['shortages']): void {
    const next = new Map(shortages.map(({ key, missing }) => [revisionIdOf(key), missing]));
    for (const { key, missing } of shortages) {
      if (this.#shortages.get(revisionIdOf(key)) === missing) continue;
      const because = `its share of concurrency has no room for ${String(missing)} more`;
      this.#logger.info({ ...key, because }, 'provisioned concurrency is missing');
    }
    this.#shortages = next;
  }

  /** For so many of a revision's provisioned concurrency there is no room. */
  missingOf(revisionId: string): number {
    return this.#shortages.get(revisionId) ?? 0;
  }
}
