import { toFunctionConfiguration } from '../mapping/function-configuration.ts';
import { serve } from '../operation.ts';
import { requireTarget } from '../references.ts';

/** `GET /2015-03-31/functions/{FunctionName}/configuration` */
export const getFunctionConfiguration = serve('GetFunctionConfiguration', (input, call) =>
  toFunctionConfiguration(requireTarget(input, call), call.site),
);
