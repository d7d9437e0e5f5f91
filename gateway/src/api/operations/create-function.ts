import {
  API_VERSION,
  functionNameOf,
  LAST_MODIFIED_ANNOTATION,
  type FunctionResource,
} from '@mayfly/api';
import { isStoreError, makeObjectName, type NewObject } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import { checkSettings } from '../mapping/check-settings.ts';
import { toFunctionConfiguration, toPublished } from '../mapping/function-configuration.ts';
import { checkCodeSigning } from '../mapping/function-code-signing.ts';
import { checkLayers, toAskedLayers } from '../mapping/function-layers.ts';
import { placeCode } from '../mapping/function-code.ts';
import { fromCreateFunctionRequest } from '../mapping/function-spec.ts';
import { findRefusal } from '../mapping/operator-refusal.ts';
import { refuseUnservedMembers, UNSERVED_MEMBERS } from '../mapping/unserved-members.ts';
import { serve, type ApiCall } from '../operation.ts';
import { publishLatest } from '../releases/publish-latest.ts';
import { readReference } from '../references.ts';

/** A function of that name that is being deleted is waited for: its execution environments are ending. */
const AWAIT_DELETION_MS = 15_000;

/** `POST /2015-03-31/functions` */
export const createFunction = serve(
  'CreateFunction',
  async (input, call) => {
    const { functionName, functionArn } = readReference(input, call.site);
    refuseUnservedMembers(input);
    checkSettings(input);
    checkLayers(input.Layers ?? [], call);
    checkCodeSigning(input, call);
    if (call.objects.findFunction(call.site.namespace, functionName) !== undefined) {
      throw alreadyExists(functionName);
    }
    const placed = await placeCode(input.Code, call);
    const spec = fromCreateFunctionRequest(input, functionName, placed.code);
    const created = await create(functionName, spec, call);
    await refuseWhatTheOperatorRefuses(created, call);
    if (input.Publish === true) {
      return toPublished(created, await publishLatest(call, { functionName }), call.site);
    }
    const fn = { fn: created, version: undefined, arn: functionArn };
    const { LastUpdateStatus: _status, ...configuration } = toFunctionConfiguration(fn, call.site);
    const { codeSize: CodeSize, codeSha256: CodeSha256 } = withCode(placed, created, call);
    return { ...configuration, ...toAskedLayers(input.Layers, call), CodeSha256, CodeSize };
  },
  { partial: UNSERVED_MEMBERS },
);

async function create(
  functionName: string,
  spec: Readonly<Record<string, unknown>>,
  { writer, site, clock, signal }: ApiCall,
): Promise<FunctionResource> {
  const { namespace } = site;
  const name = makeObjectName(functionName);
  const annotations = { [LAST_MODIFIED_ANNOTATION]: new Date(clock.now()).toISOString() };
  const object: NewObject & { kind: 'Function' } = {
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { name, namespace, annotations },
    spec,
  };
  try {
    return await writer.create(object, signal);
  } catch (error) {
    if (!isStoreError(error, 'AlreadyExists')) throw error;
    const key = { kind: 'Function', namespace, name } as const;
    if (!(await writer.awaitGone(key, AWAIT_DELETION_MS))) throw alreadyExists(functionName);
    return writer.create(object, signal);
  }
}

/** A function that can never run is not made: it would be one that nobody asked for, and in the way of the next try. */
async function refuseWhatTheOperatorRefuses(
  created: FunctionResource,
  { objects, writer, site, signal }: ApiCall,
): Promise<void> {
  const judged = objects.findFunction(site.namespace, functionNameOf(created));
  const refusal = judged?.metadata.uid === created.metadata.uid ? findRefusal(judged) : undefined;
  if (refusal === undefined) return;
  await writer.delete(created, signal);
  throw refusal;
}

/** What the operator found where the request did not bring the code along. */
function withCode(
  placed: { readonly codeSize: number | undefined; readonly codeSha256: string | undefined },
  { metadata, spec }: FunctionResource,
  { objects }: ApiCall,
): { readonly codeSize: number; readonly codeSha256: string | undefined } {
  const judged = objects.findFunction(metadata.namespace, spec.functionName ?? metadata.name);
  return {
    codeSize: placed.codeSize ?? judged?.status?.codeSize ?? 0,
    codeSha256: placed.codeSha256 ?? judged?.status?.codeSha256,
  };
}

function alreadyExists(functionName: string): LambdaError {
  return new LambdaError('ResourceConflictException', `Function already exist: ${functionName}`);
}
