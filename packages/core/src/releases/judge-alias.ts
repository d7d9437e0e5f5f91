import type { AliasResource, AliasRouting, AliasSpec, ServedRevision } from '@mayfly/api';
import { LATEST, makeFunctionArn } from '@mayfly/lambda-api';
import { holdsNameBefore } from '../routing/name-holder.ts';
import { listPublished, type ReleaseFacts } from './published-versions.ts';

/** What is to become of an Alias. */
export type AliasVerdict =
  | { readonly kind: 'good'; readonly routing: AliasRouting }
  /** What was routed before goes on. Waiting: time may mend it. Refused: the user must. */
  | {
      readonly kind: 'waiting' | 'refused';
      readonly reason: string;
      readonly message: string;
    };

/** Where functions are. */
export interface Account {
  readonly region: string;
  readonly accountId: string;
}

type Refusal = Exclude<AliasVerdict, { readonly kind: 'good' }>;

/** Judges an Alias that is not being deleted. */
export function judgeAlias(
  alias: AliasResource,
  facts: ReleaseFacts,
  account: Account,
): AliasVerdict {
  const { functionName, name } = alias.spec;
  const holder = facts.aliases.find(
    (other) =>
      other.spec.name === name &&
      other.metadata.uid !== alias.metadata.uid &&
      holdsNameBefore(other.metadata, alias.metadata),
  );
  if (holder !== undefined) {
    return {
      kind: 'refused',
      reason: 'AliasNameTaken',
      message: `The alias ${name} of the function ${functionName} is the Alias ${holder.metadata.name}, which is older: choose another spec.name.`,
    };
  }
  const location = { ...account, functionName };
  if (facts.fn === undefined || facts.fn.metadata.deletionTimestamp !== undefined) {
    const message = `Function not found: ${makeFunctionArn(location)}`;
    return { kind: 'refused', reason: 'FunctionNotFound', message };
  }
  const routing = toRouting(alias.spec);
  const refusal =
    judgeTargets(routing, facts, (version) => makeFunctionArn(location, version)) ??
    judgeRollout(alias, routing, facts);
  return refusal ?? { kind: 'good', routing };
}

/** What a spec asks for. */
export function toRouting({ functionVersion, routingConfig, url }: AliasSpec): AliasRouting {
  const [additional] = Object.entries(routingConfig?.additionalVersionWeights ?? {});
  return {
    functionVersion,
    ...(additional && {
      additionalVersion: { version: additional[0], weight: additional[1] },
    }),
    ...(url && { url }),
  };
}

/** Why invocations cannot be sent there. */
function judgeTargets(
  { functionVersion, additionalVersion }: AliasRouting,
  facts: ReleaseFacts,
  arnOf: (version: string) => string,
): Refusal | undefined {
  const main = findTarget(functionVersion, facts);
  if (main === undefined) return notFound(functionVersion, arnOf);
  if (additionalVersion === undefined) return undefined;
  const other = findTarget(additionalVersion.version, facts);
  if (other === undefined) return notFound(additionalVersion.version, arnOf);
  return judgeAccounts([functionVersion, main], [additionalVersion.version, other]);
}

/** While a rollout goes on, the alias has two versions, too. */
function judgeRollout(
  { spec, status }: AliasResource,
  { functionVersion }: AliasRouting,
  facts: ReleaseFacts,
): Refusal | undefined {
  const stable = status?.routing?.functionVersion;
  if (spec.rollout === undefined || stable === undefined) return undefined;
  const [before, after] = [stable, functionVersion].map((version) => findTarget(version, facts));
  if (before === undefined || after === undefined) return undefined;
  return judgeAccounts([stable, before], [functionVersion, after]);
}

function judgeAccounts(
  ...both: readonly [version: string, served: ServedRevision][]
): Refusal | undefined {
  const accounts = both.map(([version, { configuration }]) => ({
    version,
    account: configuration.serviceAccountName ?? 'none',
  }));
  if (new Set(accounts.map(({ account }) => account)).size < 2) return undefined;
  const described = accounts.map(
    ({ version, account }) => `that of version ${version} is ${account}`,
  );
  return {
    kind: 'refused',
    reason: 'ServiceAccountsDiffer',
    message: `Both versions of an alias must have the same serviceAccountName: ${described.join(', ')}.`,
  };
}

function findTarget(version: string, { fn, versions }: ReleaseFacts): ServedRevision | undefined {
  if (version === LATEST) return fn?.status?.served;
  return listPublished(versions).find(({ number }) => number.toString() === version)?.snapshot;
}

function notFound(version: string, arnOf: (version: string) => string): Refusal {
  if (version === LATEST) {
    const message = 'It waits until the Function can be invoked.';
    return { kind: 'waiting', reason: 'FunctionPending', message };
  }
  const message = `Function not found: ${arnOf(version)}`;
  return { kind: 'refused', reason: 'VersionNotFound', message };
}
