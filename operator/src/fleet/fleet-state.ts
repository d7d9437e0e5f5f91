import {
  functionIdOf,
  type Clock,
  type ExecutionEnvironmentDriver,
  type RevisionKey,
} from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import {
  forgetFunction,
  observeCounts,
  type FunctionLabels,
  type OperatorMetrics,
} from '../metrics.ts';
import type { FleetIdentity } from './assign-request.ts';
import { Backoffs } from './backoffs.ts';
import type { Demands } from './demands.ts';
import type { FunctionBook, RevisionEntry } from './function-book.ts';
import type { Gateways } from './gateways.ts';
import { Members, type Member } from './members.ts';
import { Paces } from './paces.ts';
import { StartFailures } from './start-failures.ts';

/** The world outside of the fleet, but for the link. */
export interface FleetWorld {
  readonly driver: ExecutionEnvironmentDriver;
  readonly functions: FunctionBook;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: OperatorMetrics;
  readonly makeId: () => string;
  readonly identity: FleetIdentity;
}

/** What the parts of the fleet share: who exists, who asks, who listens. */
export class FleetState {
  readonly world: FleetWorld;
  readonly members = new Members();
  readonly demands: Demands;
  readonly gateways: Gateways;
  readonly backoffs = new Backoffs();
  readonly startFailures = new StartFailures();
  readonly paces = new Paces();
  /** Decides soon. */
  readonly evaluate: () => void;
  readonly #onCounts: (functionId: string) => void;

  constructor(parts: {
    readonly world: FleetWorld;
    readonly demands: Demands;
    readonly gateways: Gateways;
    readonly evaluate: () => void;
    readonly onCounts: (functionId: string) => void;
  }) {
    this.world = parts.world;
    this.demands = parts.demands;
    this.gateways = parts.gateways;
    this.evaluate = parts.evaluate;
    this.#onCounts = parts.onCounts;
  }

  /** What the member's revision is made of; undefined when that is served no more. */
  entryOf(member: Member): RevisionEntry | undefined {
    return this.world.functions.find(member.key);
  }

  noteCounts(key: RevisionKey): void {
    const { metrics, functions } = this.world;
    const id = functionIdOf(key);
    const { desired, ready, busy } = this.members.counts(id);
    const labels = labelsOf(key);
    observeCounts(metrics, labels, { desired, busy, idle: ready - busy });
    // A function that is gone leaves no series behind.
    if (this.members.of(id).length === 0 && functions.get(id) === undefined) {
      forgetFunction(metrics, labels);
    }
    this.#onCounts(id);
  }
}

/** The labels of the series of a function. */
export function labelsOf({ namespace, functionName }: FunctionKey): FunctionLabels {
  return { namespace, function: functionName };
}

type FunctionKey = Pick<RevisionKey, 'namespace' | 'functionName'>;
