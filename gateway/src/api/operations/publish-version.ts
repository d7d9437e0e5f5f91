import { makeFunctionArn } from '@mayfly/lambda-api';
import { toFunctionConfiguration } from '../mapping/function-configuration.ts';
import { serve } from '../operation.ts';
import { requireFunction } from '../references.ts';
import { checkServed, publishLatest } from '../releases/publish-latest.ts';
import { invalid } from '../invalid.ts';

/** `POST /2015-03-31/functions/{FunctionName}/versions` */
export const publishVersion = serve('PublishVersion', async (input, call) => {
  const { fn, functionName, functionArn } = requireFunction(input, call);
  if (input.PublishTo !== undefined) {
    throw invalid(
      'PublishTo is not supported: it is for functions of a capacity provider, and there is none.',
    );
  }
  checkServed(fn, functionArn);
  const version = await publishLatest(call, {
    functionName,
    description: input.Description,
    codeSha256: input.CodeSha256,
    revisionId: input.RevisionId,
  });
  const arn = makeFunctionArn({ ...call.site, functionName }, String(version.spec.version));
  return toFunctionConfiguration({ fn, version, arn }, call.site);
});
