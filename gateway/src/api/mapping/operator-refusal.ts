import type { FunctionResource } from '@mayfly/api';
import type { LambdaError } from '@mayfly/lambda-api';
import { CONTRACT } from '@mayfly/lambda-api/contract';
import { invalid } from './check-settings.ts';

/** Why the operator takes a Function as it now is for good not; undefined: it does, or has not said. */
export function findRefusal(fn: FunctionResource | undefined): LambdaError | undefined {
  if (fn?.status?.lastUpdateStatus !== 'Failed') return undefined;
  const { metadata, spec, status } = fn;
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'False') return undefined;
  if ((ready.observedGeneration ?? 0) < metadata.generation) return undefined;
  return invalid(toSentence(ready, spec.runtime ?? ''));
}

function toSentence(
  { reason, message }: { readonly reason: string; readonly message: string },
  runtime: string,
): string {
  switch (reason) {
    case 'UnknownRuntime': {
      const shape = CONTRACT.shapes['Runtime'];
      const known = shape?.type === 'string' ? (shape.enum ?? []) : [];
      return `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${known.join(', ')}] or be a valid ARN`;
    }
    case 'RuntimeDeprecated':
      return `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions. ${message}`;
    default:
      return message;
  }
}
