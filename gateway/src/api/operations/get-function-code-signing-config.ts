import type { GetFunctionCodeSigningConfigResponse } from '@mayfly/lambda-api/contract';
import { serve } from '../operation.ts';
import { requireLatest } from '../references.ts';

/** Lambda answers nothing of a function without a config, though its model says that both members are always there. */
const NONE = {} as GetFunctionCodeSigningConfigResponse;

/** `GET /2020-06-30/functions/{FunctionName}/code-signing-config` */
export const getFunctionCodeSigningConfig = serve('GetFunctionCodeSigningConfig', (input, call) => {
  const { fn, functionName } = requireLatest(input, call);
  const arn = fn.spec.codeSigningConfigArn;
  return arn === undefined ? NONE : { CodeSigningConfigArn: arn, FunctionName: functionName };
});
