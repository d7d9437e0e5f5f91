import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ApiStatusError } from './api-status.ts';

const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);
const BEARER = /^Bearer (?<token>\S+)$/i;

/**
 * Refuses whoever is not a client of this machine with the token of the control file. A page in a browser
 * that has rebound its name to 127.0.0.1 is known by its Host header.
 * @throws ApiStatusError `Forbidden` or `Unauthorized`
 */
export function checkAccess(request: FastifyRequest, token: string): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (!LOOPBACK_NAMES.has(host)) {
    throw new ApiStatusError('Forbidden', `the Host header must name this machine (got "${host}")`);
  }
  const given = BEARER.exec(request.headers.authorization ?? '')?.groups?.['token'];
  if (given === undefined || !isSame(given, token)) {
    throw new ApiStatusError('Unauthorized', 'a bearer token of the control file is needed');
  }
}

// Digests have one length, so the comparison tells nothing about the token's.
function isSame(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
