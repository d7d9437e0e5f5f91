import { describe, it } from 'vitest';
import { LambdaError, type ErrorCode } from '../errors.ts';
import { CONTRACT } from './contract.ts';
import { serialiseError } from './serialise-error.ts';
import { serialiseOutput } from './serialise-output.ts';

describe('serialiseOutput', () => {
  it('writes JSON with the status of the operation', ({ expect }) => {
    const answer = serialiseOutput('CreateFunction', {
      FunctionName: 'hello',
      Timeout: 3,
      Description: '',
      Handler: undefined,
      Environment: { Variables: { KEY: 'x' } },
    });
    expect(answer).toEqual({
      status: 201,
      headers: { 'content-type': 'application/json' },
      body: '{"FunctionName":"hello","Description":"","Timeout":3,"Environment":{"Variables":{"KEY":"x"}}}',
    });
  });

  it('writes moments as seconds', ({ expect }) => {
    const LastModified = new Date('2026-01-02T03:04:05.250Z');
    expect(serialiseOutput('GetEventSourceMapping', { LastModified }).body).toBe(
      '{"LastModified":1767323045.25}',
    );
  });

  it('leaves out what the contract does not know', ({ expect }) => {
    const more: object = { Statement: 's', Internal: true };
    expect(serialiseOutput('AddPermission', more).body).toBe('{"Statement":"s"}');
  });

  it('writes an empty object where an operation has an output without members', ({ expect }) => {
    expect(serialiseOutput('ListFunctions', {}).body).toBe('{}');
  });

  it('writes no body where the operation has no output, or none with its status', ({ expect }) => {
    expect(serialiseOutput('DeleteAlias', {})).toEqual({
      status: 204,
      headers: {},
      body: undefined,
    });
    expect(serialiseOutput('DeleteCodeSigningConfig', {}).body).toBeUndefined();
  });

  it('writes members into headers, the status and the payload', ({ expect }) => {
    const Payload = new Uint8Array([1, 2, 3]);
    const answer = serialiseOutput('Invoke', {
      StatusCode: 202,
      FunctionError: 'Unhandled',
      ExecutedVersion: '$LATEST',
      Payload,
    });
    expect(answer).toEqual({
      status: 202,
      headers: { 'x-amz-function-error': 'Unhandled', 'x-amz-executed-version': '$LATEST' },
      body: Payload,
    });
  });

  it('leaves a stream of events to the caller', ({ expect }) => {
    const answer = serialiseOutput('InvokeWithResponseStream', {
      ResponseStreamContentType: 'application/vnd.amazon.eventstream',
      EventStream: {},
    });
    expect(answer).toEqual({
      status: 200,
      headers: { 'content-type': 'application/vnd.amazon.eventstream' },
      body: undefined,
    });
  });
});

describe('serialiseError', () => {
  it.for([
    ['ResourceNotFoundException', 404, '{"Type":"User","Message":"m"}'],
    ['ResourceConflictException', 409, '{"Type":"User","message":"m"}'],
    ['InvalidParameterValueException', 400, '{"Type":"User","message":"m"}'],
    ['PreconditionFailedException', 412, '{"Type":"User","message":"m"}'],
    ['CodeSigningConfigNotFoundException', 404, '{"Type":"User","Message":"m"}'],
    ['ProvisionedConcurrencyConfigNotFoundException', 404, '{"Type":"User","message":"m"}'],
    ['ServiceException', 500, '{"Type":"Service","Message":"m"}'],
    ['ENILimitReachedException', 502, '{"Type":"Service","Message":"m"}'],
    ['ValidationException', 400, '{"message":"m"}'],
    ['SerializationException', 400, '{"Message":"m"}'],
    ['AccessDeniedException', 403, '{"Message":"m"}'],
  ] as const)('writes %s with status %i as Lambda does', ([code, status, body], { expect }) => {
    expect(serialiseError({ code, message: 'm' })).toEqual({
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
      body,
    });
  });

  it('takes a LambdaError, with its reason and the time after which to call again', ({
    expect,
  }) => {
    const answer = serialiseError(
      new LambdaError('TooManyRequestsException', 'Rate Exceeded.', {
        reason: 'ConcurrentInvocationLimitExceeded',
        retryAfterSeconds: 1,
      }),
    );
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toBe('1');
    expect(JSON.parse(String(answer.body))).toEqual({
      Reason: 'ConcurrentInvocationLimitExceeded',
      Type: 'User',
      message: 'Rate Exceeded.',
    });
  });

  it('writes further members of the shape, and no others', ({ expect }) => {
    const code = 'EC2UnexpectedException';
    const members = { EC2ErrorCode: 'Unauthorized', Secret: 'x' };
    expect(JSON.parse(String(serialiseError({ code, message: 'm', members }).body))).toEqual({
      EC2ErrorCode: 'Unauthorized',
      Type: 'Service',
      Message: 'm',
    });
  });

  it('knows every error of every operation', ({ expect }) => {
    const names = new Set(Object.values(CONTRACT.operations).flatMap(({ errors }) => errors));
    expect(names.size).toBeGreaterThan(50);
    for (const name of names) {
      const { status, body } = serialiseError({ code: name as ErrorCode, message: 'm' });
      expect.soft(status).toBeGreaterThanOrEqual(400);
      expect.soft(JSON.parse(String(body)).Type).toMatch(/^(?:User|Service)$/);
    }
  });
});
