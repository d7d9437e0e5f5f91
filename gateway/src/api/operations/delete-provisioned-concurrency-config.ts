import { requireHolder } from '../mapping/provisioned-config.ts';
import { serve } from '../operation.ts';
import { NO_UNPUBLISHED } from './get-provisioned-concurrency-config.ts';
import { writeProvisioned } from './put-provisioned-concurrency-config.ts';

/** `DELETE /2019-09-30/functions/{FunctionName}/provisioned-concurrency`; what is not there is deleted, as in Lambda. */
export const deleteProvisionedConcurrencyConfig = serve(
  'DeleteProvisionedConcurrencyConfig',
  async (input, call) => {
    const named = requireHolder(input, call, NO_UNPUBLISHED);
    await writeProvisioned(named, undefined, call);
    return {};
  },
);
