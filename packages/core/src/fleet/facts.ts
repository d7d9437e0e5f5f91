import type { RevisionKey } from '../ports/revision-key.ts';

/**
 * How far an execution environment is, as the fleet sees it. `idle` and `busy` ones are granted to a gateway;
 * a `moving` one is on its way from one gateway to another.
 */
export type MemberState = 'starting' | 'idle' | 'busy' | 'moving' | 'terminating';

/** One execution environment. It counts against concurrency limits until it is no member any more. */
export interface FleetMember {
  readonly executionEnvironmentId: string;
  readonly key: RevisionKey;
  readonly state: MemberState;
  readonly createdMs: number;
  /** When it became idle; meaningful in state `idle`. */
  readonly idleSinceMs: number;
  /** The gateway that has it, or that will get it when it has started or moved. */
  readonly gatewayId: string | undefined;
  /** It was granted before its init phase was over. */
  readonly isInitialising?: boolean;
  /** The gateway was asked to give it back. */
  readonly isRevoked: boolean;
  /** Made ahead of invocations, as provisioned concurrency. */
  readonly isProvisioned: boolean;
}

/** Invocations of one revision that wait in a gateway. */
export interface FleetDemand {
  readonly gatewayId: string;
  readonly key: RevisionKey;
  readonly queued: number;
  /** Before this moment nothing is created for it, because the last attempt failed. */
  readonly notBeforeMs: number;
}

/** A revision that is served: `$LATEST`, or a version. */
export interface RevisionLimits {
  /** How long an idle execution environment is kept. */
  readonly idleMs: number;
}

/** Provisioned concurrency: execution environments that are kept initialised, whether or not anybody calls. */
export interface FleetProvision {
  readonly key: RevisionKey;
  readonly count: number;
  /** Before this moment nothing is created for it, because the last attempt failed. */
  readonly notBeforeMs: number;
}

/** What bounds one function. */
export interface FunctionLimits {
  readonly namespace: string;
  readonly functionName: string;
  /** By revision. What is not here is made no more, and what exists of it goes. */
  readonly revisions: ReadonlyMap<string, RevisionLimits>;
  /** Undefined: the function shares the unreserved pool of its namespace. */
  readonly reservedConcurrency: number | undefined;
}

/** Everything that `decideFleet` looks at. */
export interface FleetFacts {
  readonly members: readonly FleetMember[];
  readonly demands: readonly FleetDemand[];
  /** At most one for each revision. */
  readonly provisions: readonly FleetProvision[];
  /** By `functionIdOf`; a function that is not here is gone. */
  readonly functions: ReadonlyMap<string, FunctionLimits>;
  /** Functions whose last outlook carried a refusal. */
  readonly refused: ReadonlySet<string>;
  /** Concurrency of a namespace: reserved and unreserved together. */
  readonly accountConcurrency: number;
  /**
   * How many may be starting at a time, over all functions, and of one function. One that takes long (its image
   * is pulled, its volume is missing) leaves its place to others, but not to its own function.
   */
  readonly maxStarting: number;
  /** How many may be created now: a rate, over all functions. */
  readonly creations: number;
  readonly nowMs: number;
}

/** Key of a function in maps: `namespace/functionName`. */
export function functionIdOf(key: {
  readonly namespace: string;
  readonly functionName: string;
}): string {
  return `${key.namespace}/${key.functionName}`;
}

/** The reverse of `functionIdOf`: names of namespaces have no slash. */
export function parseFunctionId(
  functionId: string,
): Pick<RevisionKey, 'namespace' | 'functionName'> {
  const slash = functionId.indexOf('/');
  return { namespace: functionId.slice(0, slash), functionName: functionId.slice(slash + 1) };
}

/** Key of a revision in maps: `namespace/functionName/revision`. */
export function revisionIdOf(key: RevisionKey): string {
  return `${functionIdOf(key)}/${key.revision}`;
}

/** True when both name the same revision of the same function. */
export function isSameRevision(a: RevisionKey, b: RevisionKey): boolean {
  return a.revision === b.revision && functionIdOf(a) === functionIdOf(b);
}
