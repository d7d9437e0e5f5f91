import { functionNameOf } from '@mayfly/api';
import { LIMITS } from '@mayfly/lambda-api';
import { reservedByOthers } from '../concurrency-shares.ts';
import { serve, type ApiCall } from '../operation.ts';

/** `GET /2016-08-19/account-settings/` */
export const getAccountSettings = serve('GetAccountSettings', (_input, call) => {
  const { accountConcurrency } = call;
  return {
    AccountLimit: {
      TotalCodeSize: LIMITS.totalCodeBytes,
      CodeSizeUnzipped: LIMITS.maxUnpackedCodeBytes,
      CodeSizeZipped: LIMITS.maxZippedCodeBytes,
      ConcurrentExecutions: accountConcurrency,
      UnreservedConcurrentExecutions: accountConcurrency - reservedByOthers(undefined, call),
    },
    AccountUsage: computeUsage(call),
  };
});

function computeUsage({ objects, site }: ApiCall): {
  readonly TotalCodeSize: number;
  readonly FunctionCount: number;
} {
  const functions = objects.functionsOf(site.namespace);
  const sizes = functions.flatMap((fn) => [
    fn.status?.codeSize ?? 0,
    ...objects
      .versionsOf(site.namespace, functionNameOf(fn))
      .map(({ spec }) => spec.snapshot?.codeSize ?? 0),
  ]);
  return {
    TotalCodeSize: sizes.reduce((sum, size) => sum + size, 0),
    FunctionCount: functions.length,
  };
}
