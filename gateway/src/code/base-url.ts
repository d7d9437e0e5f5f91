import type { FastifyRequest } from 'fastify';

/**
 * Our address as the caller knows it. A proxy before us that takes TLS says so in `x-forwarded-proto`; a caller that
 * says it itself gets an address that is no good, and nobody else does.
 */
export function baseUrlOf({ headers, protocol, host }: FastifyRequest): string {
  const forwarded = headers['x-forwarded-proto'];
  const first = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(',', 1)[0]?.trim();
  const scheme = first === 'https' || first === 'http' ? first : protocol;
  return `${scheme}://${host}`;
}
