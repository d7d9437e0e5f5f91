import { LambdaError } from '@mayfly/lambda-api';

/** The error for a parameter that is wrong: `InvalidParameterValueException`, 400. */
export function invalid(message: string, options?: ErrorOptions): LambdaError {
  return new LambdaError('InvalidParameterValueException', message, options);
}
