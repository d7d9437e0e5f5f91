import { serve } from '../operation.ts';
import { requireFunction } from '../references.ts';

/** What is missing, for the table of operations. */
export const RECURSION_PARTIAL = 'the setting is kept; recursive loops are not detected yet';

/** `GET /2024-08-31/functions/{FunctionName}/recursion-config` */
export const getFunctionRecursionConfig = serve(
  'GetFunctionRecursionConfig',
  (input, call) => ({
    RecursiveLoop: requireFunction(input, call).fn.spec.recursiveLoop ?? 'Terminate',
  }),
  { partial: RECURSION_PARTIAL },
);
