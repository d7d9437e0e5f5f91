import { LAST_MODIFIED_ANNOTATION, type FunctionResource, type FunctionSpec } from '@mayfly/api';
import { LambdaError } from '@mayfly/lambda-api';
import type { ApiCall } from '../operation.ts';
import type { NamedFunction } from '../references.ts';
import { functionNotFound } from '../references.ts';
import { isUpdating, revisionIdOf } from './function-configuration.ts';
import { findRefusal } from './operator-refusal.ts';
import { checkRevisionId } from './revision-id.ts';

/** A change of a function's code or configuration. */
export interface FunctionChange {
  /** What the caller has seen, if it says so. */
  readonly revisionId: string | undefined;
  readonly apply: (spec: FunctionSpec) => FunctionSpec;
}

/**
 * Changes code or configuration. What the operator refuses is taken back, so that the function stays one that works.
 * @throws LambdaError `ResourceConflictException` while another change is on its way, `PreconditionFailedException`
 *   when the caller has seen another revision, `InvalidParameterValueException` for what is refused
 */
export async function changeFunction(
  { fn, functionName, functionArn }: NamedFunction,
  { revisionId, apply }: FunctionChange,
  call: ApiCall,
): Promise<FunctionResource> {
  const { writer, clock, signal, objects, site } = call;
  const target = { key: fn.metadata, notFound: () => functionNotFound(functionArn) };
  let before: FunctionSpec | undefined;
  const change = (current: FunctionResource): FunctionResource => {
    checkNotBusy(current, functionArn);
    checkRevisionId(revisionId, revisionIdOf(current), { of: 'GetFunction/GetAlias' });
    before = current.spec;
    return stamp({ ...current, spec: apply(current.spec) }, clock.now());
  };
  const written = await writer.change('Function', target, { change, signal });
  const judged = objects.findFunction(site.namespace, functionName);
  const isOurs = judged?.metadata.generation === written.metadata.generation;
  const refusal = isOurs ? findRefusal(judged) : undefined;
  if (refusal === undefined || before === undefined) return written;
  const spec = before;
  const takeBack = (current: FunctionResource): FunctionResource =>
    // Somebody else has gone on from here: it is theirs now.
    current.metadata.generation === written.metadata.generation ? { ...current, spec } : current;
  await writer.change('Function', target, { change: takeBack, signal });
  throw refusal;
}

/** Says when it was asked for: also what changes nothing is an update. */
function stamp(fn: FunctionResource, nowMs: number): FunctionResource {
  const annotations = {
    ...fn.metadata.annotations,
    [LAST_MODIFIED_ANNOTATION]: new Date(nowMs).toISOString(),
  };
  return { ...fn, metadata: { ...fn.metadata, annotations } };
}

function checkNotBusy(fn: FunctionResource, functionArn: string): void {
  const isCreating = fn.status?.served === undefined && fn.status?.state !== 'Failed';
  if (isCreating) {
    throw conflict('The function is currently in the following state: Pending');
  }
  if (isUpdating(fn)) throw conflict(`An update is in progress for resource: ${functionArn}`);
}

function conflict(why: string): LambdaError {
  return new LambdaError(
    'ResourceConflictException',
    `The operation cannot be performed at this time. ${why}`,
  );
}
