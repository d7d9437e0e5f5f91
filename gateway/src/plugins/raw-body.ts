import type { FastifyInstance, FastifyRequest } from 'fastify';

const contentTypes = new WeakMap<FastifyRequest, string>();
const EMPTY = Buffer.alloc(0);

/**
 * Gives every body to its route as bytes, whatever its content type says. Fastify refuses content types that
 * it cannot parse, and a function may get any: the header is hidden from Fastify and kept here.
 */
export function registerRawBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.addHook('onRequest', (request, _reply, done) => {
    const contentType = request.headers['content-type'];
    if (contentType !== undefined) {
      contentTypes.set(request, contentType);
      // Not deleted: that would make the object slow for everyone after us.
      request.raw.headers['content-type'] = undefined;
    }
    done();
  });
}

/** The body; empty when there is none. */
export function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : EMPTY;
}

/** The content type as the client sent it. */
export function contentTypeOf(request: FastifyRequest): string | undefined {
  return contentTypes.get(request);
}
