import type { FunctionStatus, ServedRevision } from '@mayfly/api';
import { LATEST, makeFunctionArn, type FunctionReference } from '@mayfly/lambda-api';
import type { RevisionKey } from '../ports/revision-key.ts';

/** One version that can be invoked. Made once per change, so that resolving allocates little. */
export interface RoutableVersion {
  readonly key: RevisionKey;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly configuration: ServedRevision['configuration'];
}

/** A named pointer to a version, with at most one other version that gets a share. */
export interface RoutableAlias {
  readonly functionVersion: string;
  /** `weight` is the share of the other version, 0 to 1. */
  readonly additionalVersion: { readonly version: string; readonly weight: number } | undefined;
}

/** A function as the router sees it. */
export interface RoutableFunction {
  /** Undefined until the first revision has been resolved. */
  readonly latest: RoutableVersion | undefined;
  readonly state: FunctionStatus['state'];
  readonly stateReason: string | undefined;
  version(version: string): RoutableVersion | undefined;
  alias(name: string): RoutableAlias | undefined;
}

/** Where we are and what exists here. */
export interface RoutingTable {
  readonly region: string;
  readonly accountId: string;
  find(functionName: string): RoutableFunction | undefined;
}

/** What a reference leads to. All but `resolved` are answers to the caller. */
export type Resolution =
  | ({ readonly kind: 'resolved'; readonly invokedFunctionArn: string } & RoutableVersion)
  | { readonly kind: 'not-found'; readonly functionArn: string }
  | { readonly kind: 'wrong-region'; readonly region: string }
  | {
      readonly kind: 'not-invocable';
      readonly state: NonNullable<FunctionStatus['state']>;
      readonly stateReason: string | undefined;
    };

/** Follows name and qualifier to one version. `random` gives numbers from 0 up to 1, for weighted aliases. */
export function resolveInvocation(
  reference: FunctionReference,
  table: RoutingTable,
  random: () => number,
): Resolution {
  if (reference.region !== undefined && reference.region !== table.region) {
    return { kind: 'wrong-region', region: reference.region };
  }
  const invokedFunctionArn = makeFunctionArn(
    {
      region: table.region,
      accountId: reference.accountId ?? table.accountId,
      functionName: reference.functionName,
    },
    reference.qualifier,
  );
  const found =
    reference.accountId === undefined || reference.accountId === table.accountId
      ? table.find(reference.functionName)
      : undefined;
  if (found === undefined) return { kind: 'not-found', functionArn: invokedFunctionArn };
  return resolveQualifier(found, reference.qualifier, { invokedFunctionArn, random });
}

function resolveQualifier(
  found: RoutableFunction,
  qualifier: string | undefined,
  context: { readonly invokedFunctionArn: string; readonly random: () => number },
): Resolution {
  const { invokedFunctionArn } = context;
  const version = toVersion(found, qualifier, context.random);
  if (version === LATEST) {
    if (found.latest !== undefined)
      return { kind: 'resolved', invokedFunctionArn, ...found.latest };
    return {
      kind: 'not-invocable',
      state: found.state ?? 'Pending',
      stateReason: found.stateReason,
    };
  }
  const target = version === undefined ? undefined : found.version(version);
  return target === undefined
    ? { kind: 'not-found', functionArn: invokedFunctionArn }
    : { kind: 'resolved', invokedFunctionArn, ...target };
}

function toVersion(
  found: RoutableFunction,
  qualifier: string | undefined,
  random: () => number,
): string | undefined {
  if (qualifier === undefined || qualifier === LATEST) return LATEST;
  return /^\d+$/.test(qualifier) ? qualifier : pickVersion(found.alias(qualifier), random);
}

function pickVersion(alias: RoutableAlias | undefined, random: () => number): string | undefined {
  const other = alias?.additionalVersion;
  // Weight 0.03: of 100 draws between 0 and 1 about 3 lie below it.
  return other !== undefined && random() < other.weight ? other.version : alias?.functionVersion;
}
