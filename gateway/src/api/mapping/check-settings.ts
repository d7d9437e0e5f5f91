import { RESERVED_VARIABLES } from '@mayfly/api';
import { LIMITS } from '@mayfly/lambda-api';
import { invalid } from '../invalid.ts';

/** What the contract leaves to the operations. */
export interface CheckedSettings {
  readonly Environment?:
    { readonly Variables?: Readonly<Record<string, string>> | undefined } | undefined;
}

const TROUBLE_WITH_VARIABLES =
  'Lambda was unable to configure your environment variables because the environment variables you have provided';

/** @throws LambdaError `InvalidParameterValueException` in AWS's words */
export function checkSettings({ Environment }: CheckedSettings): void {
  const variables = Environment?.Variables;
  if (variables === undefined) return;
  const reserved = RESERVED_VARIABLES.filter((name) => Object.hasOwn(variables, name));
  if (reserved.length > 0) {
    throw invalid(
      `${TROUBLE_WITH_VARIABLES} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  // Measured as Lambda does: as JSON, with its quotation marks.
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > LIMITS.maxEnvironmentVariablesBytes) {
    throw invalid(`${TROUBLE_WITH_VARIABLES} exceeded the 4KB limit. String measured: ${measured}`);
  }
}
