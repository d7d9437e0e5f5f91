import { LIMITS } from '@mayfly/lambda-api';

/**
 * JSON text of an `X-Amz-Client-Context` header (base64), escaped so that it fits into a header again.
 * Undefined when it is none: the gateway has told its caller, and a runtime must not choke on it.
 */
export function decodeClientContext(header: string | undefined): string | undefined {
  if (header === undefined || header.length > LIMITS.maxClientContextBytes) return undefined;
  try {
    const context: unknown = JSON.parse(Buffer.from(header, 'base64').toString());
    return JSON.stringify(context).replace(/[\u007f-\uffff]/g, escapeCharacter);
  } catch {
    return undefined;
  }
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
