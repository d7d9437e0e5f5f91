import { createHash } from 'node:crypto';
import { LambdaError } from '@mayfly/lambda-api';

/** What AWS says when a signature is wrong, whatever the reason. */
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

/** The request is signed, but not rightly. */
export function invalidSignature(message = MISMATCH): LambdaError {
  return new LambdaError('InvalidSignatureException', message);
}

/** Something of the signature is missing or cannot be read. */
export function incompleteSignature(message: string): LambdaError {
  return new LambdaError('IncompleteSignatureException', message);
}

/** The request carries no credentials at all. */
export function missingAuthenticationToken(): LambdaError {
  return new LambdaError('MissingAuthenticationTokenException', 'Missing Authentication Token');
}

/** The access key, or its session token, is none of ours. */
export function unrecognizedClient(): LambdaError {
  return new LambdaError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  );
}

/** The access key was ours for a time. */
export function expiredToken(): LambdaError {
  return new LambdaError(
    'ExpiredTokenException',
    'The security token included in the request is expired',
  );
}

/** As AWS does, credentials that came in the wrong form are not repeated: only their hash is. */
export function hashedForMessage(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('base64');
}

/** Who it is, or what they may do, is for the API server to say, and it does not answer. */
export function undecidable(cause: unknown): LambdaError {
  return new LambdaError(
    'ServiceUnavailableException',
    'Service is unable to decide about the request at the moment. Please try again later.',
    { cause, retryAfterSeconds: 1 },
  );
}
