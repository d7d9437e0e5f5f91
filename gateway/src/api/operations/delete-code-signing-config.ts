import { functionNameOf } from '@mayfly/api';
import { LambdaError } from '@mayfly/lambda-api';
import { functionsWith, requireCodeSigningConfig } from '../mapping/code-signing-config.ts';
import { serve } from '../operation.ts';

/** `DELETE /2020-04-22/code-signing-configs/{CodeSigningConfigArn}` */
export const deleteCodeSigningConfig = serve('DeleteCodeSigningConfig', async (input, call) => {
  const config = requireCodeSigningConfig(input, call);
  const arn = input.CodeSigningConfigArn;
  const [user] = functionsWith(arn, call);
  if (user !== undefined) {
    throw new LambdaError(
      'ResourceConflictException',
      `The code signing configuration ${arn} is in use by the function ${functionNameOf(user)}: detach it from its functions first.`,
    );
  }
  await call.writer.delete(config, call.signal);
  return {};
});
