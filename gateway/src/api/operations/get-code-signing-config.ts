import { requireCodeSigningConfig, toCodeSigningConfig } from '../mapping/code-signing-config.ts';
import { serve } from '../operation.ts';

/** `GET /2020-04-22/code-signing-configs/{CodeSigningConfigArn}` */
export const getCodeSigningConfig = serve('GetCodeSigningConfig', (input, call) => ({
  CodeSigningConfig: toCodeSigningConfig(requireCodeSigningConfig(input, call), call.site),
}));
