import { API_VERSION, type FunctionResource, type VersionResource } from '@mayfly/api';
import { makeObjectName } from '@mayfly/core';
import { LambdaError, makeFunctionArn } from '@mayfly/lambda-api';
import { isUpdating, revisionIdOf } from '../mapping/function-configuration.ts';
import { checkRevisionId } from '../mapping/revision-id.ts';
import { makeOwner } from '../objects/make-owner.ts';
import type { ApiCall } from '../operation.ts';
import { functionNotFound } from '../references.ts';
import { invalid } from '../invalid.ts';

/** What is asked for. */
export interface Publication {
  readonly functionName: string;
  /** Undefined: that of the function. */
  readonly description?: string | undefined;
  /** Publish only this code. */
  readonly codeSha256?: string | undefined;
  /** Publish only what has this `RevisionId`. */
  readonly revisionId?: string | undefined;
}

/** An image has to be looked up, an archive to be fetched, before a function is what was asked for. */
const UPDATE_TIMEOUT_MS = 25_000;
/** The operator fills a Version as soon as it hears of it. */
const PUBLISH_TIMEOUT_MS = 15_000;
const ID_LENGTH = 12;

/**
 * Publishes what `$LATEST` is, once it is what was asked for last. When that is the version that was published last,
 * nothing is published and that version is the answer, as in Lambda.
 * @throws LambdaError when a guard does not hold, or `$LATEST` is not served in time
 */
export async function publishLatest(
  call: ApiCall,
  publication: Publication,
): Promise<VersionResource> {
  const { functionName } = publication;
  const functionArn = makeFunctionArn({ ...call.site, functionName });
  const fn = await awaitServed(call, functionName, functionArn);
  checkGuards(publication, fn);
  return (
    findSame(call, fn, functionName) ?? (await publish(call, { publication, fn, functionArn }))
  );
}

async function awaitServed(
  { objects, site, writer }: ApiCall,
  functionName: string,
  functionArn: string,
): Promise<FunctionResource> {
  const known = objects.findFunction(site.namespace, functionName);
  if (known === undefined) throw functionNotFound(functionArn);
  const isOver = (fn: FunctionResource): boolean => !isUpdating(fn) && !isPending(fn);
  const fn = await writer.until<'Function'>(known, isOver, UPDATE_TIMEOUT_MS);
  if (fn === undefined) throw updateInProgress(functionArn);
  const { state, lastUpdateStatus } = fn.status ?? {};
  if (state !== 'Active') throw wrongState(state);
  if (lastUpdateStatus === 'Failed') {
    throw new LambdaError(
      'ResourceConflictException',
      `The operation cannot be performed at this time. The last update failed for resource: ${functionArn}`,
    );
  }
  return fn;
}

function isPending({ status }: FunctionResource): boolean {
  return status?.state === undefined || status.state === 'Pending';
}

function checkGuards({ codeSha256, revisionId }: Publication, fn: FunctionResource): void {
  checkRevisionId(revisionId, revisionIdOf(fn), { of: 'GetFunction/GetAlias' });
  const current = fn.status?.codeSha256;
  if (codeSha256 === undefined || codeSha256 === current) return;
  throw invalid(
    `CodeSHA256 (${codeSha256}) is different from current CodeSHA256 in $LATEST (${String(current)}). Please try again with the CodeSHA256 in $LATEST.`,
  );
}

/** The version that was published last, if `$LATEST` is still the same. */
function findSame(
  { objects, site }: ApiCall,
  { status }: FunctionResource,
  functionName: string,
): VersionResource | undefined {
  const last = objects.versionsOf(site.namespace, functionName).at(-1);
  const isSame = last?.spec.snapshot?.revision === status?.served?.revision;
  return isSame ? last : undefined;
}

/** What is published, of what. */
interface Work {
  readonly publication: Publication;
  readonly fn: FunctionResource;
  readonly functionArn: string;
}

async function publish(call: ApiCall, work: Work): Promise<VersionResource> {
  const { writer, signal } = call;
  const created = await writer.create<'Version'>(makeVersion(call, work), signal);
  const version = await writer.until<'Version'>(created, isDecided, PUBLISH_TIMEOUT_MS);
  if (version?.spec.version !== undefined) return version;
  // Somebody else was faster, or changed the function in between.
  await writer.delete(created, signal);
  const number = version?.status?.version;
  const { objects, site } = call;
  const same = number && objects.findVersion(site.namespace, work.publication.functionName, number);
  if (same) return same;
  throw updateInProgress(work.functionArn);
}

function makeVersion(
  { makeId, site }: ApiCall,
  { publication, fn }: Work,
): Parameters<ApiCall['writer']['create']>[0] & { readonly kind: 'Version' } {
  const { functionName, description, codeSha256, revisionId } = publication;
  const id = makeId().replaceAll('-', '').slice(0, ID_LENGTH);
  return {
    apiVersion: API_VERSION,
    kind: 'Version',
    metadata: {
      name: makeObjectName(functionName, id),
      namespace: site.namespace,
      ownerReferences: makeOwner(fn),
    },
    spec: {
      functionName,
      ...(description === undefined ? {} : { description }),
      ...(codeSha256 === undefined ? {} : { codeSha256 }),
      ...(revisionId === undefined ? {} : { revisionId }),
    },
  };
}

/** Guards that hold no more never hold again; of all else that it waits for, time may mend it. */
const BROKEN_GUARDS = new Set(['CodeSha256Differs', 'RevisionIdDiffers']);

function isDecided({ status }: VersionResource): boolean {
  const ready = status?.conditions.find(({ type }) => type === 'Ready');
  return ready !== undefined && (ready.status !== 'Unknown' || BROKEN_GUARDS.has(ready.reason));
}

/**
 * Of a function that is on its way nothing is published.
 * @throws LambdaError `ResourceConflictException`
 */
export function checkServed(fn: FunctionResource, functionArn: string): void {
  if (isPending(fn)) throw wrongState('Pending');
  if (isUpdating(fn)) throw updateInProgress(functionArn);
}

function wrongState(state = 'Pending'): LambdaError {
  return new LambdaError(
    'ResourceConflictException',
    `The operation cannot be performed at this time. The function is currently in the following state: ${state}`,
  );
}

function updateInProgress(functionArn: string): LambdaError {
  return new LambdaError(
    'ResourceConflictException',
    `The operation cannot be performed at this time. An update is in progress for resource: ${functionArn}`,
  );
}
