import { functionNameOf } from '@mayfly/api';
import type { FunctionResource, ServedRevision, VersionResource } from '@mayfly/api';
import { holdsNameBefore } from '../routing/name-holder.ts';
import { findHighestNumber, findLastPublished, type ReleaseFacts } from './published-versions.ts';

/** What is to become of a Version. */
export type VersionVerdict =
  /** It has its number and its snapshot. */
  | { readonly kind: 'published'; readonly number: number }
  /** Nothing is published: `$LATEST` is what the version of that number is. */
  | { readonly kind: 'unchanged'; readonly number: number }
  /** It is to be filled; its number is above `atLeast`. */
  | { readonly kind: 'publish'; readonly snapshot: ServedRevision; readonly atLeast: number }
  /** Waiting: time may mend it. Refused: the user must. */
  | {
      readonly kind: 'waiting' | 'refused';
      readonly reason: string;
      readonly message: string;
    };

/** Judges a Version that is not being deleted. */
export function judgeVersion(version: VersionResource, facts: ReleaseFacts): VersionVerdict {
  const { spec, status } = version;
  const taken = spec.version === undefined ? undefined : judgeNumber(version, facts);
  if (taken !== undefined) return taken;
  const fn = facts.fn?.metadata.deletionTimestamp === undefined ? facts.fn : undefined;
  if (fn === undefined) {
    return {
      kind: 'refused',
      reason: 'FunctionNotFound',
      message: `There is no Function ${spec.functionName} in the namespace.`,
    };
  }
  if (spec.version !== undefined) return { kind: 'published', number: spec.version };
  if (status?.version !== undefined) return { kind: 'unchanged', number: Number(status.version) };
  return judgePublication(version, { ...facts, fn });
}

/** A version that came with its number: only one object can have it. */
function judgeNumber(
  version: VersionResource,
  { versions }: ReleaseFacts,
): VersionVerdict | undefined {
  const number = version.spec.version;
  const holder = versions.find(
    ({ metadata, spec }) =>
      spec.version === number &&
      metadata.uid !== version.metadata.uid &&
      holdsNameBefore(metadata, version.metadata),
  );
  if (holder === undefined) return undefined;
  return {
    kind: 'refused',
    reason: 'VersionNumberTaken',
    message: `The number ${String(number)} belongs to the Version ${holder.metadata.name}, which is older: delete this one.`,
  };
}

function judgePublication(
  { spec }: VersionResource,
  facts: ReleaseFacts & { readonly fn: FunctionResource },
): VersionVerdict {
  const { fn, versions } = facts;
  const served = currentRevisionOf(fn);
  if (served === undefined) {
    const message = `It waits until the Function ${functionNameOf(fn)} is served as it is specified.`;
    return { kind: 'waiting', reason: 'FunctionPending', message };
  }
  if (spec.codeSha256 !== undefined && spec.codeSha256 !== served.codeSha256) {
    return {
      kind: 'waiting',
      reason: 'CodeSha256Differs',
      message: `CodeSHA256 (${spec.codeSha256}) is different from current CodeSHA256 in $LATEST (${served.codeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
    };
  }
  if (spec.revisionId !== undefined && spec.revisionId !== fn.status?.revisionId) {
    return {
      kind: 'waiting',
      reason: 'RevisionIdDiffers',
      message:
        'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    };
  }
  const last = findLastPublished(versions);
  return last?.snapshot.revision === served.revision
    ? { kind: 'unchanged', number: last.number }
    : { kind: 'publish', snapshot: served, atLeast: findHighestNumber(facts) };
}

/** What the Function serves, once that is what it asks for. */
export function currentRevisionOf({
  metadata,
  status,
}: FunctionResource): ServedRevision | undefined {
  const isCurrent =
    status?.state === 'Active' &&
    status.lastUpdateStatus === 'Successful' &&
    status.observedGeneration === metadata.generation &&
    metadata.deletionTimestamp === undefined;
  return isCurrent ? status.served : undefined;
}
