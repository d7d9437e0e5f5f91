import { checkCodeSigning } from '../mapping/function-code-signing.ts';
import { editFunction } from '../objects/edit-function.ts';
import { serve } from '../operation.ts';
import { requireLatest } from '../references.ts';

/** `PUT /2020-06-30/functions/{FunctionName}/code-signing-config`: holds from the next deployment on. */
export const putFunctionCodeSigningConfig = serve(
  'PutFunctionCodeSigningConfig',
  async (input, call) => {
    const { CodeSigningConfigArn } = input;
    // As in Lambda, the config is looked for before the function.
    checkCodeSigning({ CodeSigningConfigArn }, call);
    const named = requireLatest(input, call);
    checkCodeSigning({ CodeSigningConfigArn, PackageType: named.fn.spec.packageType }, call);
    const codeSigningConfigArn = CodeSigningConfigArn;
    await editFunction(named, (spec) => ({ ...spec, codeSigningConfigArn }), call);
    return { CodeSigningConfigArn, FunctionName: named.functionName };
  },
);
