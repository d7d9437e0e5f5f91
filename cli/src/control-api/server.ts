import { isStoreError, type StoreErrorCode } from '@mayfly/core';
import Fastify, { type FastifyInstance } from 'fastify';
import { checkAccess } from './access.ts';
import { ApiStatusError, type StatusReason, toFailure } from './api-status.ts';
import { type LogRoutesDeps, registerLogRoutes } from './log-routes.ts';
import { type ObjectRoutesDeps, registerObjectRoutes } from './object-routes.ts';

/** What the control API is made of. */
export interface ControlServerDeps extends ObjectRoutesDeps, LogRoutesDeps {
  /** Bearer token that every request must carry. */
  readonly token: string;
  /** Told of every failure that is ours: the answer says only that there was one. */
  readonly onFault?: (error: unknown) => void;
}

// 512 KiB of inline code, escaped as JSON in the worst case, and the rest of the object.
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/**
 * The control API of the embedded mode: Kubernetes' paths and Status objects, for the commands of this
 * program. To be listened to on loopback only.
 */
export function buildControlServer(deps: ControlServerDeps): FastifyInstance {
  const server = Fastify({ logger: false, bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  // Only JSON is read: a form or a text/plain body is what a browser may send without asking.
  server.removeContentTypeParser('text/plain');
  server.addHook('onRequest', (request, _reply, done) => {
    checkAccess(request, deps.token);
    done();
  });
  server.setNotFoundHandler((request) => {
    throw new ApiStatusError('NotFound', `there is nothing at ${request.method} ${request.url}`);
  });
  server.setErrorHandler((error, _request, reply) => {
    const status = toFailure(toStatusError(error));
    if (status.code >= 500) deps.onFault?.(error);
    return reply.code(status.code).send(status);
  });
  registerObjectRoutes(server, deps);
  registerLogRoutes(server, deps);
  return server;
}

const STORE_CODES: readonly StoreErrorCode[] = [
  'NotFound',
  'AlreadyExists',
  'Conflict',
  'Invalid',
  'Expired',
];

const FRAMEWORK_REASONS: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
};

function toStatusError(error: unknown): ApiStatusError {
  if (error instanceof ApiStatusError) return error;
  const storeCode = STORE_CODES.find((code) => isStoreError(error, code));
  if (storeCode !== undefined) return new ApiStatusError(storeCode, (error as Error).message);
  if (error instanceof Error && 'statusCode' in error) {
    const reason = FRAMEWORK_REASONS[Number(error.statusCode)];
    if (reason !== undefined) return new ApiStatusError(reason, error.message);
  }
  return new ApiStatusError('InternalError', 'the platform failed to answer; its log says why');
}
