import type { FunctionSpec } from '@mayfly/api';
import type { UpdateFunctionCodeRequest } from '@mayfly/lambda-api/contract';
import { changeFunction } from '../mapping/change-function.ts';
import { invalid } from '../invalid.ts';
import {
  revisionIdOf,
  toFunctionConfiguration,
  toPublished,
  UPDATING,
} from '../mapping/function-configuration.ts';
import { refuseUnsigned } from '../mapping/function-code-signing.ts';
import { placeCode, type PlacedCode } from '../mapping/function-code.ts';
import { checkRevisionId } from '../mapping/revision-id.ts';
import { serve } from '../operation.ts';
import { requireLatest } from '../references.ts';
import { publishLatest } from '../releases/publish-latest.ts';

/** `PUT /2015-03-31/functions/{FunctionName}/code` */
export const updateFunctionCode = serve('UpdateFunctionCode', async (input, call) => {
  const named = requireLatest(input, call);
  const { fn, functionName, functionArn: arn } = named;
  checkPackage(input, fn.spec);
  // Before the archive is stored: most callers that are late are late already.
  checkRevisionId(input.RevisionId, revisionIdOf(fn), { of: 'GetFunction/GetAlias' });
  refuseUnsigned(named, call);
  const placed = await placeCode(input, call);
  const { codeSize, codeSha256 } = placed;
  const said = {
    ...(codeSize === undefined ? {} : { CodeSize: codeSize }),
    ...(codeSha256 === undefined ? {} : { CodeSha256: codeSha256 }),
  };
  if (input.DryRun === true) {
    return { ...toFunctionConfiguration({ fn, version: undefined, arn }, call.site), ...said };
  }
  const apply = (spec: FunctionSpec): FunctionSpec => withCode(spec, placed, input);
  const changed = await changeFunction(named, { revisionId: input.RevisionId, apply }, call);
  if (input.Publish === true) {
    return toPublished(changed, await publishLatest(call, { functionName }), call.site);
  }
  const target = { fn: changed, version: undefined, arn };
  return { ...toFunctionConfiguration(target, call.site), ...said, ...UPDATING };
});

function checkPackage(
  { ImageUri }: UpdateFunctionCodeRequest,
  { packageType }: FunctionSpec,
): void {
  if (packageType === 'Image' && ImageUri === undefined) {
    throw invalid('Please provide ImageUri when updating a function with packageType Image.');
  }
  if (packageType === 'Zip' && ImageUri !== undefined) {
    throw invalid("Please don't provide ImageUri when updating a function with packageType Zip.");
  }
}

function withCode(
  spec: FunctionSpec,
  { code }: PlacedCode,
  { Architectures }: UpdateFunctionCodeRequest,
): FunctionSpec {
  const { image } = spec.code;
  const architectures = Architectures === undefined ? {} : { architectures: [...Architectures] };
  // How the image is run stays.
  const merged = code.image === undefined ? code : { image: { ...image, ...code.image } };
  return { ...spec, ...architectures, code: merged };
}
