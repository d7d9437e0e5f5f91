import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';
import {
  invocationPath,
  sendRaw,
  type RawAnswer,
  type RawRequest,
} from '../../helpers/raw-http.ts';

const ECHO = aNodeFunction('echo', 'exports.handler = async (event) => event;');
const THROWS = aNodeFunction('throws', "exports.handler = async () => { throw new Error('no'); };");
const OFF = aNodeFunction('off', 'exports.handler = async () => 1;', {
  reservedConcurrentExecutions: 0,
});

const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const CONNECTION_HEADERS = ['connection', 'content-length', 'date', 'keep-alive'];
const ANSWER_HEADERS = [
  ...CONNECTION_HEADERS,
  'content-type',
  'x-amz-executed-version',
  'x-amzn-requestid',
  'x-amzn-trace-id',
];

/** A platform with the functions above, and a way to call it. */
async function useSend(): Promise<(raw: RawRequest) => Promise<RawAnswer>> {
  const { gatewayUrl } = await usePlatform({ functions: [ECHO, THROWS, OFF] });
  return (raw) =>
    sendRaw(gatewayUrl, { ...raw, headers: { connection: 'keep-alive', ...raw.headers } });
}

/** Sorted, in lower case; a header that comes twice is there twice. */
function namesOf(answer: RawAnswer): string[] {
  return answer.headerNames.map((name) => name.toLowerCase()).sort();
}

describe('headers of an answer', () => {
  it('are those of Lambda and no others', async ({ expect }) => {
    const send = await useSend();

    const cold = await send({ path: invocationPath('echo'), body: '1' });
    const answer = await send({ path: invocationPath('echo'), body: '{"a":"ä"}' });

    // The one of ours: where the time of a cold start went.
    expect(namesOf(cold)).toEqual([...ANSWER_HEADERS, 'x-mayfly-cold-start'].sort());
    expect(answer.statusCode).toBe(200);
    expect(namesOf(answer)).toEqual([...ANSWER_HEADERS].sort());
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': '10',
      'x-amz-executed-version': '$LATEST',
      'x-amzn-requestid': expect.stringMatching(REQUEST_ID),
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}/),
    });
    expect(answer.body.toString()).toBe('{"a":"ä"}');
  });

  it('tell a function error and carry the log only when it was asked for', async ({ expect }) => {
    const send = await useSend();

    await send({ path: invocationPath('throws') });
    const failed = await send({ path: invocationPath('throws') });
    const tailed = await send({
      path: invocationPath('throws'),
      headers: { 'X-AMZ-LOG-TYPE': 'Tail' },
    });

    expect(namesOf(failed)).toEqual([...ANSWER_HEADERS, 'x-amz-function-error'].sort());
    expect(failed.headers['x-amz-function-error']).toBe('Unhandled');
    expect(namesOf(tailed)).toEqual(
      [...ANSWER_HEADERS, 'x-amz-function-error', 'x-amz-log-result'].sort(),
    );
    expect(tailed.headers['x-amz-log-result']).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
  });

  it('of a DryRun have no body behind them', async ({ expect }) => {
    const send = await useSend();

    const answer = await send({
      path: invocationPath('echo'),
      headers: { 'x-amz-invocation-type': 'DryRun' },
    });

    expect([answer.statusCode, answer.body.length]).toEqual([204, 0]);
    expect(answer.headers['x-amzn-requestid']).toMatch(REQUEST_ID);
    expect(answer.headers).not.toHaveProperty('x-amz-executed-version');
    expect(answer.headers).not.toHaveProperty('content-length');
  });

  it('never repeat a request id', async ({ expect }) => {
    const send = await useSend();
    const ids = new Set<unknown>();

    for (let call = 0; call < 20; call += 1) {
      ids.add((await send({ path: invocationPath('echo') })).headers['x-amzn-requestid']);
    }

    expect(ids.size).toBe(20);
  });

  it('leave out what the caller made up', async ({ expect }) => {
    const send = await useSend();
    const madeUp = '00000000-0000-4000-8000-000000000000';

    const answer = await send({
      path: invocationPath('echo'),
      headers: { 'x-amzn-requestid': madeUp, 'x-mayfly-invoked-function-arn': 'arn:other' },
    });

    expect(answer.headers['x-amzn-requestid']).not.toBe(madeUp);
    expect(answer.statusCode).toBe(200);
  });
});

interface Refused {
  readonly it: string;
  readonly request: RawRequest;
  readonly statusCode: number;
  readonly errorType: string;
  /** The bytes of the body. */
  readonly body: string;
}

const NO_JSON =
  "Could not parse request body into json: Unrecognized token 'value': was expecting ('true', 'false' or 'null')\\n at [Source: (byte[])\\\"value\\\"; line: 1, column: 1]";

const REFUSED: readonly Refused[] = [
  {
    it: 'an unknown function',
    request: { path: invocationPath('nobody') },
    statusCode: 404,
    errorType: 'ResourceNotFoundException',
    body: '{"Type":"User","Message":"Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody"}',
  },
  {
    it: 'a throttled function',
    request: { path: invocationPath('off') },
    statusCode: 429,
    errorType: 'TooManyRequestsException',
    body: '{"Type":"User","message":"Rate Exceeded.","Reason":"ReservedFunctionConcurrentInvocationLimitExceeded"}',
  },
  {
    it: 'a payload that is no JSON',
    request: { path: invocationPath('echo'), body: 'value' },
    statusCode: 400,
    errorType: 'InvalidRequestContentException',
    body: `{"Type":"User","message":"${NO_JSON}"}`,
  },
  {
    it: 'an invocation type that does not exist',
    request: { path: invocationPath('echo'), headers: { 'x-amz-invocation-type': 'Sometimes' } },
    statusCode: 400,
    errorType: 'ValidationException',
    body: '{"message":"1 validation error detected: Value \'Sometimes\' at \'invocationType\' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"}',
  },
  {
    it: 'an invocation type that is not served',
    request: { path: invocationPath('echo'), headers: { 'x-amz-invocation-type': 'Event' } },
    statusCode: 501,
    errorType: 'NotImplementedException',
    body: '{"message":"Event invocations are not served yet. Use the invocation type RequestResponse."}',
  },
  {
    it: 'an operation that is not served',
    request: { method: 'GET', path: '/2025-11-30/capacity-providers' },
    statusCode: 501,
    errorType: 'NotImplementedException',
    body: '{"message":"The operation ListCapacityProviders is not served by Mayfly. docs/compatibility.md lists those that are."}',
  },
  {
    it: 'a path without an operation',
    request: { method: 'GET', path: '/nowhere?x=1' },
    statusCode: 404,
    errorType: 'UnknownOperationException',
    body: '{"Message":"There is no operation at GET /nowhere."}',
  },
];

describe('the refusal of', () => {
  it('every kind has its status, its headers and its body', async ({ expect }) => {
    const send = await useSend();

    for (const { request, statusCode, errorType, body } of REFUSED) {
      const answer = await send(request);
      expect(answer.body.toString()).toBe(body);
      expect(answer.statusCode).toBe(statusCode);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json',
        'x-amzn-errortype': errorType,
        'x-amzn-requestid': expect.stringMatching(REQUEST_ID),
      });
      expect(namesOf(answer)).toEqual(
        [...CONNECTION_HEADERS, 'content-type', 'x-amzn-errortype', 'x-amzn-requestid'].sort(),
      );
    }
  });

  it('a payload over 6 MB names the limit', async ({ expect }) => {
    const send = await useSend();

    const answer = await send({
      path: invocationPath('echo'),
      body: `"${'x'.repeat(6 * 1024 * 1024)}"`,
    });

    expect(answer.statusCode).toBe(413);
    expect(answer.headers['x-amzn-errortype']).toBe('RequestTooLargeException');
    expect(answer.body.toString()).toBe(
      '{"Type":"User","message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}',
    );
  });
});
