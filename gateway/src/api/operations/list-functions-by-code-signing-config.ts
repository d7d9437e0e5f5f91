import { functionNameOf } from '@mayfly/api';
import { makeFunctionArn } from '@mayfly/lambda-api';
import { functionsWith, requireCodeSigningConfig } from '../mapping/code-signing-config.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';

/** `GET /2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions` */
export const listFunctionsByCodeSigningConfig = serve(
  'ListFunctionsByCodeSigningConfig',
  (input, call) => {
    requireCodeSigningConfig(input, call);
    const listed = functionsWith(input.CodeSigningConfigArn, call).map(functionNameOf);
    const { items, nextMarker } = toPage(listed, input, { keyOf: (functionName) => functionName });
    return {
      FunctionArns: items.map((functionName) => makeFunctionArn({ ...call.site, functionName })),
      NextMarker: nextMarker,
    };
  },
);
