import { serve } from '../operation.ts';
import { requireFunction } from '../references.ts';

/** `GET /2019-09-30/functions/{FunctionName}/concurrency` */
export const getFunctionConcurrency = serve('GetFunctionConcurrency', (input, call) => {
  const { fn } = requireFunction(input, call);
  return { ReservedConcurrentExecutions: fn.spec.reservedConcurrentExecutions };
});
