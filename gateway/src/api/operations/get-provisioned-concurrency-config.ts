import { LambdaError } from '@mayfly/lambda-api';
import { requireHolder, toProvisionedConfig } from '../mapping/provisioned-config.ts';
import { serve } from '../operation.ts';

/** The sentence about `$LATEST` where there is nothing to give. */
export const NO_UNPUBLISHED =
  'The function resource provided must be an alias or a published version.';

/** `GET /2019-09-30/functions/{FunctionName}/provisioned-concurrency` */
export const getProvisionedConcurrencyConfig = serve(
  'GetProvisionedConcurrencyConfig',
  (input, call) => {
    const { holder } = requireHolder(input, call, NO_UNPUBLISHED);
    if (holder.spec.provisionedConcurrency !== undefined) return toProvisionedConfig(holder);
    throw new LambdaError(
      'ProvisionedConcurrencyConfigNotFoundException',
      'No Provisioned Concurrency Config found for this function',
    );
  },
);
