import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  HEADERS,
  LATEST,
  LambdaError,
  parseFunctionReference,
  validationError,
} from '@mayfly/lambda-api';
import { CONTRACT } from '@mayfly/lambda-api/contract';
import type { Clock } from '@mayfly/core';
import type { Authorizer } from '../../identity/authorizer.ts';
import { COLD_START_HEADER } from '../../invoke/cold-start.ts';
import type { InvocationAnswer, InvocationTaker } from '../../invoke/invocation.ts';
import type { InvocationResolver } from '../../invoke/resolver.ts';
import { ensureTraceId } from '../../invoke/trace-id.ts';
import { onDisconnectOf } from '../../plugins/disconnect.ts';
import { callerOf } from '../../plugins/identity.ts';
import { sendJson } from '../../plugins/json-answer.ts';
import { bodyOf, whileHeld } from '../../plugins/raw-body.ts';
import { parseClientContext } from '../client-context.ts';
import { findJsonProblem } from '../json-problem.ts';
import { refuseWebPage } from '../refuse-web-page.ts';

/** What the operation needs. */
export interface InvokeOperationDeps {
  readonly invocations: InvocationTaker;
  readonly resolver: InvocationResolver;
  readonly clock: Clock;
  readonly authorizer: Authorizer;
  /** Namespace that this API shows. */
  readonly namespace: string;
}

interface InvokeRoute {
  Params: { FunctionName: string };
  Querystring: Record<string, string | string[] | undefined>;
}

/** What is missing of the operation, for the table of docs/compatibility.md. */
export const INVOKE_PARTIAL =
  '`RequestResponse` and `DryRun` are served. `Event` is refused by name until the durable queue exists';

/** `/…/{FunctionName}/…` of the contract as Fastify writes it. */
const PATH = CONTRACT.operations['Invoke']?.path.replaceAll(/\{(\w+)\}/g, ':$1') ?? '';
const EMPTY_EVENT = Buffer.from('{}');

/**
 * `POST /2015-03-31/functions/{FunctionName}/invocations`. Its route is its own, and its few members are read here: the
 * way of every other operation, through the contract, takes 20 µs more.
 */
export function registerInvokeOperation(app: FastifyInstance, deps: InvokeOperationDeps): void {
  for (const path of [PATH, `${PATH}/`]) {
    app.post<InvokeRoute>(path, (request, reply) => invoke(request, reply, deps));
  }
}

async function invoke(
  request: FastifyRequest<InvokeRoute>,
  reply: FastifyReply,
  deps: InvokeOperationDeps,
): Promise<FastifyReply> {
  const { headers } = request;
  const caller = callerOf(request);
  // Who has signed it is no visitor whose browser was made to post it.
  if (caller.kind === 'anonymous') refuseWebPage(headers);
  const invocationType = parseInvocationType(headers[HEADERS.invocationType]);
  const wantsLogTail = parseLogType(headers[HEADERS.logType]) === 'Tail';
  const named = {
    functionName: request.params.FunctionName,
    qualifier: parseQualifier(request.query['Qualifier']),
  };
  const wanted = parseFunctionReference(named.functionName, named.qualifier);
  const resource = { ...wanted, namespace: deps.namespace };
  // First, so that nobody learns which functions there are.
  await deps.authorizer.authorize(caller, { action: 'lambda:InvokeFunction', resource });
  const { target, qualifier } = deps.resolver.resolve(deps.namespace, named);
  const payload = parsePayload(bodyOf(request));
  const clientContext = parseClientContext(headers[HEADERS.clientContext]);
  if (invocationType === 'DryRun') {
    return reply.code(204).header(HEADERS.requestId, request.id).send();
  }
  const traceId = ensureTraceId(headers[HEADERS.traceId], deps.clock.now());
  const invocation = {
    requestId: request.id,
    target,
    qualifier: qualifier ?? LATEST,
    payload,
    traceId,
    clientContext,
    wantsLogTail,
    onDisconnect: onDisconnectOf(reply),
  };
  const outcome = await whileHeld(request, () => deps.invocations.invoke(invocation));
  switch (outcome.kind) {
    case 'answered':
      return sendAnswer(reply, outcome.answer, { requestId: request.id, traceId });
    case 'refused':
      throw outcome.error;
    case 'disconnected':
      return reply.hijack();
  }
}

function sendAnswer(
  reply: FastifyReply,
  answer: InvocationAnswer,
  ids: { readonly requestId: string; readonly traceId: string },
): FastifyReply {
  const headers: Record<string, string> = {
    [HEADERS.requestId]: ids.requestId,
    [HEADERS.traceId]: ids.traceId,
    [HEADERS.executedVersion]: answer.executedVersion,
  };
  if (answer.functionError !== undefined) headers[HEADERS.functionError] = answer.functionError;
  if (answer.logResult !== undefined) headers[HEADERS.logResult] = answer.logResult;
  if (answer.coldStart !== undefined) headers[COLD_START_HEADER] = answer.coldStart;
  return sendJson(reply, answer.payload, headers);
}

function parseInvocationType(value: string | string[] | undefined): 'RequestResponse' | 'DryRun' {
  switch (value) {
    case undefined:
    case 'RequestResponse':
      return 'RequestResponse';
    case 'DryRun':
      return 'DryRun';
    case 'Event':
      throw new LambdaError(
        'NotImplementedException',
        'Event invocations are not served yet. Use the invocation type RequestResponse.',
      );
    default:
      throw validationError(
        String(value),
        'invocationType',
        'Member must satisfy enum value set: [Event, RequestResponse, DryRun]',
      );
  }
}

function parseLogType(value: string | string[] | undefined): 'None' | 'Tail' {
  if (value === undefined || value === 'None') return 'None';
  if (value === 'Tail') return 'Tail';
  throw validationError(
    String(value),
    'logType',
    'Member must satisfy enum value set: [None, Tail]',
  );
}

function parseQualifier(value: string | string[] | undefined): string | undefined {
  const qualifier = Array.isArray(value) ? value[0] : value;
  return qualifier === '' ? undefined : qualifier;
}

function parsePayload(body: Buffer): Buffer {
  if (body.length === 0) return EMPTY_EVENT;
  const problem = findJsonProblem(body);
  if (problem === undefined) return body;
  throw new LambdaError(
    'InvalidRequestContentException',
    `Could not parse request body into json: ${problem}`,
  );
}
