import { isUtf8 } from 'node:buffer';
import type { FastifyReply } from 'fastify';

const MAX_TEXT_BYTES = 16 * 1024;

/**
 * Answers 200 with JSON that is bytes already. Goes past Fastify's serialisation, which would add a charset
 * that AWS does not send; and gives Node a text when it is small: then headers and body leave in one piece.
 */
export function sendJson(
  reply: FastifyReply,
  payload: Buffer,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  const isSmallText = payload.length <= MAX_TEXT_BYTES && isUtf8(payload);
  reply.hijack();
  // Once Fastify closes, it has set `connection: close` itself.
  if (reply.server.isDraining() || reply.hasHeader('connection')) reply.raw.shouldKeepAlive = false;
  reply.raw.writeHead(200, {
    'content-type': 'application/json',
    ...headers,
    'content-length': payload.length.toString(),
  });
  reply.raw.end(isSmallText ? payload.toString() : payload);
  return reply;
}
