import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LambdaError, HEADERS, type ErrorCode } from '@mayfly/lambda-api';
import { toUserId, type Caller } from '../identity/caller.ts';
import { toLambdaError } from '../plugins/errors.ts';
import { callerOf } from '../plugins/identity.ts';
import { bodyOf } from '../plugins/raw-body.ts';

/** What the one action of STS that is served needs. */
export interface StsDeps {
  readonly accountId: string;
  readonly maxPayloadBytes: number;
}

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const ACTION = 'GetCallerIdentity';

/** The query protocol has names of its own for the same errors. */
const QUERY_CODES: Partial<Record<ErrorCode, string>> = {
  ExpiredTokenException: 'ExpiredToken',
  IncompleteSignatureException: 'IncompleteSignature',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  NotImplementedException: 'InvalidAction',
  ServiceException: 'InternalFailure',
  ServiceUnavailableException: 'ServiceUnavailable',
  UnrecognizedClientException: 'InvalidClientTokenId',
};
/** STS says that an action is none by another status than the Lambda API. */
const INVALID_ACTION_STATUS = 400;

/** `GetCallerIdentity` of STS, at the root: tools ask it who they are before they start. */
export function registerSts(app: FastifyInstance, deps: StsDeps): void {
  const options = {
    config: { authenticatedFor: 'sts' },
    errorHandler: (thrown: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void sendError(toLambdaError(thrown, deps.maxPayloadBytes), request, reply),
  } as const;
  const answer = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const action = readAction(request);
    if (action !== ACTION) throw unserved(action);
    return sendXml(request, reply, describeCaller(callerOf(request), request.id, deps.accountId));
  };
  app.post('/', options, answer);
  // As presigned requests are sent.
  app.get('/', options, answer);
}

function readAction(request: FastifyRequest): string {
  const text =
    request.method === 'POST'
      ? bodyOf(request).toString()
      : (request.originalUrl.split('?', 2)[1] ?? '');
  return new URLSearchParams(text).get('Action') ?? '';
}

function unserved(action: string): LambdaError {
  return new LambdaError(
    'NotImplementedException',
    action === ''
      ? 'There is no operation at this path.'
      : `The action ${action.slice(0, 64)} is not served by Mayfly. Of STS there is ${ACTION}.`,
  );
}

/** Who is not asked is the account itself. */
function describeCaller(caller: Caller, requestId: string, ownAccountId: string): string {
  const isProven = caller.kind === 'principal';
  const accountId = isProven ? caller.accountId : ownAccountId;
  const arn = isProven ? caller.arn : `arn:aws:iam::${ownAccountId}:root`;
  const userId = isProven ? toUserId(arn) : accountId;
  return `<${ACTION}Response xmlns="${NAMESPACE}">
  <${ACTION}Result>
    <Arn>${escapeXml(arn)}</Arn>
    <UserId>${userId}</UserId>
    <Account>${accountId}</Account>
  </${ACTION}Result>
  <ResponseMetadata>
    <RequestId>${requestId}</RequestId>
  </ResponseMetadata>
</${ACTION}Response>
`;
}

function sendError(error: LambdaError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const code = QUERY_CODES[error.code] ?? error.code.replace(/Exception$/, '');
  const status = code === 'InvalidAction' ? INVALID_ACTION_STATUS : error.statusCode;
  reply.code(status);
  return sendXml(
    request,
    reply,
    `<ErrorResponse xmlns="${NAMESPACE}">
  <Error>
    <Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>
    <Code>${code}</Code>
    <Message>${escapeXml(error.message)}</Message>
  </Error>
  <RequestId>${request.id}</RequestId>
</ErrorResponse>
`,
  );
}

function sendXml(request: FastifyRequest, reply: FastifyReply, xml: string): FastifyReply {
  return reply
    .header(HEADERS.requestId, request.id)
    .header('content-type', 'text/xml')
    .send(Buffer.from(xml));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
