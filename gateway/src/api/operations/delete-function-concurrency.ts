import { serve } from '../operation.ts';
import { requireLatest } from '../references.ts';
import { writeReservation } from './put-function-concurrency.ts';

/** `DELETE /2017-10-31/functions/{FunctionName}/concurrency` */
export const deleteFunctionConcurrency = serve('DeleteFunctionConcurrency', async (input, call) => {
  await writeReservation(requireLatest(input, call), undefined, call);
  return {};
});
