import { editFunction } from '../objects/edit-function.ts';
import { serve } from '../operation.ts';
import { requireLatest } from '../references.ts';
import { RECURSION_PARTIAL } from './get-function-recursion-config.ts';

/** `PUT /2024-08-31/functions/{FunctionName}/recursion-config` */
export const putFunctionRecursionConfig = serve(
  'PutFunctionRecursionConfig',
  async (input, call) => {
    const { RecursiveLoop: recursiveLoop } = input;
    await editFunction(requireLatest(input, call), (spec) => ({ ...spec, recursiveLoop }), call);
    return { RecursiveLoop: recursiveLoop };
  },
  { partial: RECURSION_PARTIAL },
);
