import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HEADERS, LambdaError, LIMITS } from '@mayfly/lambda-api';
import {
  matchOperation,
  toRouteError,
  type OperationName,
  type SerialisedAnswer,
} from '@mayfly/lambda-api/contract';
import type { Authorizer } from '../identity/authorizer.ts';
import { actionOf } from '../identity/lambda-rights.ts';
import { callerOf } from '../plugins/identity.ts';
import { baseUrlOf } from '../code/base-url.ts';
import { bodyOf } from '../plugins/raw-body.ts';
import { toNamedFunction } from './named-function.ts';
import type { ApiCall, ApiDeps, ApiSite } from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import { refuseWebPage } from './refuse-web-page.ts';

/** What the Lambda API needs. */
export interface LambdaApiDeps {
  readonly api: ApiDeps;
  readonly site: ApiSite;
  readonly authorizer: Authorizer;
}

/** Nobody waits for longer: SDKs give up after a minute. */
const CALL_TIMEOUT_MS = 55_000;

const BY_NAME = new Map(OPERATIONS.map((operation) => [operation.name, operation]));

/** Every operation of the contract but those that have a route of their own. */
export function registerLambdaApi(app: FastifyInstance, deps: LambdaApiDeps): void {
  app.all('/*', { config: { maxBodyBytes: LIMITS.maxApiRequestBytes } }, (request, reply) =>
    answer(request, reply, deps),
  );
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { api, site, authorizer }: LambdaApiDeps,
): Promise<FastifyReply> {
  const caller = callerOf(request);
  // Who has signed it is no visitor whose browser was made to send it.
  if (caller.kind === 'anonymous') refuseWebPage(request.headers);
  const { method, originalUrl: target } = request;
  const match = matchOperation(method, target);
  if (match.kind !== 'matched') throw toRouteError({ method, target }, match);
  const { operation: name, pathParameters } = match;
  const query = request.query as Record<string, string | string[] | undefined>;
  const resource = toNamedFunction(site.namespace, pathParameters, query);
  await authorizer.authorize(caller, { action: actionOf(name), resource });
  const operation = BY_NAME.get(name);
  if (operation === undefined) throw notServed(name);
  const call: ApiCall = {
    ...api,
    site,
    baseUrl: baseUrlOf(request),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  };
  const { headers } = request;
  const parts = { pathParameters, query, headers, body: bodyOf(request) };
  return send(reply, request.id, await operation.run(parts, call));
}

function send(reply: FastifyReply, requestId: string, answered: SerialisedAnswer): FastifyReply {
  const { status, headers, body } = answered;
  return reply
    .code(status)
    .headers({ ...headers, [HEADERS.requestId]: requestId })
    .send(typeof body === 'string' ? Buffer.from(body) : body);
}

function notServed(name: OperationName): LambdaError {
  return new LambdaError(
    'NotImplementedException',
    `The operation ${name} is not served by Mayfly. docs/compatibility.md lists those that are.`,
  );
}
