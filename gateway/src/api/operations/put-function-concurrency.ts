import type { FunctionSpec } from '@mayfly/api';
import { minimumUnreserved } from '@mayfly/core';
import { provisionedOf, reservedByOthers } from '../concurrency-shares.ts';
import { editFunction } from '../objects/edit-function.ts';
import { serve, type ApiCall } from '../operation.ts';
import { requireLatest, type NamedFunction } from '../references.ts';
import { invalid } from '../invalid.ts';

/** `PUT /2017-10-31/functions/{FunctionName}/concurrency` */
export const putFunctionConcurrency = serve('PutFunctionConcurrency', async (input, call) => {
  const named = requireLatest(input, call);
  const { ReservedConcurrentExecutions: reserved } = input;
  checkReservation(named, reserved, call);
  await writeReservation(named, reserved, call);
  return { ReservedConcurrentExecutions: reserved };
});

function checkReservation(
  { fn, functionName }: NamedFunction,
  reserved: number,
  call: ApiCall,
): void {
  const minimum = minimumUnreserved(call);
  if (reserved > 0 && call.accountConcurrency - reservedByOthers(fn, call) - reserved < minimum) {
    throw invalid(
      `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${minimum.toString()}].`,
    );
  }
  const provisioned = provisionedOf(functionName, call);
  if (reserved < provisioned) {
    throw invalid(
      ` ReservedConcurrentExecutions  ${reserved.toString()} should not be lower than function's total provisioned concurrency [${provisioned.toString()}].`,
    );
  }
}

/** Undefined: none is reserved. */
export async function writeReservation(
  named: NamedFunction,
  reserved: number | undefined,
  call: ApiCall,
): Promise<void> {
  const apply = (before: FunctionSpec): FunctionSpec => {
    const { reservedConcurrentExecutions: _before, ...spec } = before;
    return reserved === undefined ? spec : { ...spec, reservedConcurrentExecutions: reserved };
  };
  await editFunction(named, apply, call);
}
