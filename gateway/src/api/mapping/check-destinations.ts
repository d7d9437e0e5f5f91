import { LambdaError } from '@mayfly/lambda-api';
import type { DestinationConfig, OnFailure } from '@mayfly/lambda-api/contract';
import type { ApiCall } from '../operation.ts';
import { readReference } from '../references.ts';
import { invalid } from '../invalid.ts';

const SERVICES = ['lambda', 'sqs', 'sns', 'events'];
// Buckets take what failed, and nothing else.
const SERVICES_ON_FAILURE = [...SERVICES, 's3'];

/**
 * What the contract leaves open of destinations.
 * @throws LambdaError `InvalidParameterValueException` for one that can be none, or is no function that is here
 */
export function checkDestinations(
  config: DestinationConfig | undefined,
  functionName: string,
  call: ApiCall,
): void {
  const success = destinationOf(config?.OnSuccess);
  const failure = destinationOf(config?.OnFailure);
  if (!isOneOf(SERVICES, success) || !isOneOf(SERVICES_ON_FAILURE, failure)) {
    const onSuccess = success === '' ? 'null' : `OnSuccess(destination=${success})`;
    const onFailure = failure === '' ? 'null' : `OnFailure(destination=${failure})`;
    throw invalid(
      `The provided destination config DestinationConfig(onSuccess=${onSuccess}, onFailure=${onFailure}) is invalid.`,
    );
  }
  for (const arn of [failure, success]) {
    if (serviceOf(arn) === 'lambda') checkFunction(arn, functionName, call);
  }
}

/** One that is left out or empty is none. */
function destinationOf(on: OnFailure | undefined): string {
  return on?.Destination ?? '';
}

function isOneOf(services: readonly string[], destination: string): boolean {
  return destination === '' || services.includes(serviceOf(destination));
}

function serviceOf(arn: string): string {
  return arn.split(':')[2] ?? '';
}

function checkFunction(arn: string, functionName: string, { objects, site }: ApiCall): void {
  const named = findName(arn, site);
  if (named === undefined || objects.findFunction(site.namespace, named) === undefined) {
    throw invalid(`The destination ARN ${arn} is invalid.`);
  }
  if (named === functionName) {
    throw invalid("You can't specify the function as a destination for itself.");
  }
}

/** Undefined for what is no function of ours. */
function findName(arn: string, site: ApiCall['site']): string | undefined {
  try {
    return readReference({ FunctionName: arn }, site).functionName;
  } catch (error) {
    if (error instanceof LambdaError) return undefined;
    throw error;
  }
}
