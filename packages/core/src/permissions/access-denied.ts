import { LambdaError } from '@mayfly/lambda-api';
import type { PolicyRequest } from './evaluate-policy.ts';

/** AWS's answer to somebody whom neither a right of their own nor the policy of the resource lets do something. */
export function accessDenied({ caller, action, resourceArn }: PolicyRequest): LambdaError {
  const what = `is not authorized to perform: ${action} on resource: ${resourceArn}`;
  switch (caller.kind) {
    case 'anonymous':
      return new LambdaError('AccessDeniedException', 'Forbidden');
    case 'identity':
      return new LambdaError(
        'AccessDeniedException',
        `User: ${caller.arn} ${what} because no identity-based policy allows the ${action} action`,
      );
    case 'service':
      return new LambdaError(
        'AccessDeniedException',
        `User: ${caller.service} ${what} because no resource-based policy allows the ${action} action`,
      );
  }
}
