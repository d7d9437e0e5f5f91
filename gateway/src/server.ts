import { randomUUID } from 'node:crypto';
import { fastify, type FastifyInstance } from 'fastify';
import { registerInvokeOperation, type InvokeOperationDeps } from './api/operations/invoke.ts';
import { registerLambdaApi, type LambdaApiDeps } from './api/lambda-api.ts';
import { registerSts, type StsDeps } from './api/sts.ts';
import type { Authenticator } from './identity/authenticator.ts';
import { registerCodeRoute, type CodeRouteDeps } from './code/code-route.ts';
import { registerAccessLog } from './plugins/access-log.ts';
import { registerDrain } from './plugins/drain.ts';
import { makeErrorHandler } from './plugins/errors.ts';
import { registerIdentity } from './plugins/identity.ts';
import { registerRawBody, type RawBodyOptions } from './plugins/raw-body.ts';
import { registerFunctionUrls, type FunctionUrlDeps } from './urls/function-urls.ts';
import { makeHostRewriter } from './urls/host.ts';
import type { Logger } from '@mayfly/telemetry';

/** What the server needs. */
export interface ServerDeps
  extends
    InvokeOperationDeps,
    LambdaApiDeps,
    FunctionUrlDeps,
    StsDeps,
    RawBodyOptions,
    CodeRouteDeps {
  readonly logger: Logger;
  readonly maxPayloadBytes: number;
  readonly urlDomain: string;
  /** Undefined: nobody is asked who they are. */
  readonly authenticator?: Authenticator | undefined;
  /** Every answer closes its connection from now on. */
  readonly isDraining: () => boolean;
}

/** A slow client may take this long to send its headers and body. */
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_TIMEOUT_MS = 75_000;

/** Builds the HTTP server: the chain of a request is the order below. Does not listen. */
export function buildServer(deps: ServerDeps): FastifyInstance {
  const handleError = makeErrorHandler(deps.logger, deps.maxPayloadBytes);
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: deps.maxPayloadBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // What is too long for a name is refused as one, not as a path that leads nowhere: Node.js takes no longer heads.
    routerOptions: { maxParamLength: 16_384 },
    rewriteUrl: makeHostRewriter(deps.region, deps.urlDomain),
    // A path that cannot be decoded, for example.
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
  });
  registerDrain(app, deps.isDraining);
  registerRawBody(app, deps);
  registerAccessLog(app, deps.logger);
  app.setErrorHandler(handleError);
  registerIdentity(app, deps.authenticator);
  registerInvokeOperation(app, deps);
  registerFunctionUrls(app, deps);
  registerCodeRoute(app, deps);
  registerSts(app, deps);
  registerLambdaApi(app, deps);
  return app;
}
