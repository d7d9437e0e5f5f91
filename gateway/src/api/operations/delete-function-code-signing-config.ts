import type { FunctionSpec } from '@mayfly/api';
import { editFunction } from '../objects/edit-function.ts';
import { serve } from '../operation.ts';
import { requireLatest } from '../references.ts';

/** `DELETE /2020-06-30/functions/{FunctionName}/code-signing-config`; of a function without one, too. */
export const deleteFunctionCodeSigningConfig = serve(
  'DeleteFunctionCodeSigningConfig',
  async (input, call) => {
    const named = requireLatest(input, call);
    const detach = ({ codeSigningConfigArn: _arn, ...spec }: FunctionSpec): FunctionSpec => spec;
    if (named.fn.spec.codeSigningConfigArn !== undefined) await editFunction(named, detach, call);
    return {};
  },
);
