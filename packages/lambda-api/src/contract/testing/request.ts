import type { RequestParts } from '../parse-input.ts';

/** A request with nothing in it but what is named; a body that is no bytes is written as JSON. */
export function aRequest({
  body,
  ...parts
}: Partial<Omit<RequestParts, 'body'>> & { readonly body?: unknown } = {}): RequestParts {
  return { pathParameters: {}, query: {}, headers: {}, ...parts, body: toBytes(body) };
}

function toBytes(body: unknown): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}
