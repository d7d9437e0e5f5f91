import { functionNameOf, type FunctionResource } from '@mayfly/api';
import { LambdaError } from '@mayfly/lambda-api';
import { CONTRACT } from '@mayfly/lambda-api/contract';
import { invalid } from '../invalid.ts';
import { codeVerificationFailed } from './function-code-signing.ts';

/** Why the operator takes a Function as it now is for good not; undefined: it does, or has not said. */
export function findRefusal(fn: FunctionResource | undefined): LambdaError | undefined {
  if (fn?.status?.lastUpdateStatus !== 'Failed') return undefined;
  const { metadata, status } = fn;
  const ready = status.conditions.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'False') return undefined;
  if ((ready.observedGeneration ?? 0) < metadata.generation) return undefined;
  return toError(fn, ready);
}

interface Said {
  readonly reason: string;
  readonly message: string;
}

function toError(fn: FunctionResource, ready: Said): LambdaError {
  switch (ready.reason) {
    case 'CodeVerificationFailed':
      return codeVerificationFailed(functionNameOf(fn));
    case 'CodeSigningConfigNotFound':
      return new LambdaError('CodeSigningConfigNotFoundException', ready.message);
    default:
      return invalid(toSentence(ready, fn.spec.runtime ?? ''));
  }
}

function toSentence({ reason, message }: Said, runtime: string): string {
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
