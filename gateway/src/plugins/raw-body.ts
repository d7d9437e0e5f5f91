import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify';
import { noRoomError, type PayloadBudget, type PayloadHold } from '../payloads/payload-budget.ts';
import { readPayload } from '../payloads/read-payload.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Largest body of the route, where that is not `maxPayloadBytes`. */
    maxBodyBytes?: number;
  }
}

const contentTypes = new WeakMap<FastifyRequest, string>();
const holds = new WeakMap<FastifyRequest, PayloadHold>();
const EMPTY = Buffer.alloc(0);

/** How bodies are taken. */
export interface RawBodyOptions {
  readonly payloads: PayloadBudget;
  readonly maxPayloadBytes: number;
}

/**
 * Gives every body to its route as bytes, whatever its content type says. Fastify refuses content types that
 * it cannot parse, and a function may get any: the header is hidden from Fastify and kept here.
 * What is read is counted, until nobody waits for an answer or `whileHeld` has ended.
 */
export function registerRawBody(
  app: FastifyInstance,
  { payloads, maxPayloadBytes }: RawBodyOptions,
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest) => {
    const { maxBodyBytes = maxPayloadBytes } = request.routeOptions.config;
    const read = await readPayload(request.raw, holdOf(request), maxBodyBytes).catch(
      (cause: unknown) => {
        // It goes nowhere: the client has gone.
        throw Object.assign(new Error('reading the body', { cause }), { statusCode: 400 });
      },
    );
    switch (read.kind) {
      case 'read':
        return read.payload;
      case 'too-large':
        throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
      case 'no-room':
        throw noRoomError();
    }
  });
  app.addHook('onRequest', (request, reply, done) => {
    const hold = payloads.open();
    holds.set(request, hold);
    reply.raw.once('close', () => {
      hold.abandon();
    });
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

/** The payload of the request counts until the work with it has ended, even if its caller goes meanwhile. */
export function whileHeld<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> {
  return holdOf(request).during(work);
}

/**
 * The payload that was made of the body takes its place.
 * @throws LambdaError when there is no room for it
 */
export function replaceBody(request: FastifyRequest, payload: Buffer): void {
  if (!holdOf(request).resize(payload.length)) throw noRoomError();
  request.body = undefined;
}

function holdOf(request: FastifyRequest): PayloadHold {
  const hold = holds.get(request);
  if (hold === undefined) throw new Error('the request came past the hook of raw bodies');
  return hold;
}
