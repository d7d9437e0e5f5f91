import { LambdaError, LIMITS } from '@mayfly/lambda-api';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Checks the `X-Amz-Client-Context` header: base64 of JSON, at most 3583 bytes.
 * @throws LambdaError `InvalidRequestContentException`
 */
export function parseClientContext(value: string | string[] | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  const isText = typeof value === 'string';
  if (isText && value.length > LIMITS.maxClientContextBytes) {
    throw new LambdaError(
      'InvalidRequestContentException',
      `Client context must be at most ${LIMITS.maxClientContextBytes.toString()} bytes.`,
    );
  }
  if (!isText || !BASE64.test(value) || !isJson(Buffer.from(value, 'base64').toString())) {
    throw new LambdaError(
      'InvalidRequestContentException',
      'Client context must be a valid Base64-encoded JSON object.',
    );
  }
  return value;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
