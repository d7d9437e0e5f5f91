import { describe, it, onTestFinished } from 'vitest';
import { startGatewayBed, type GatewayBed } from '../testing/gateway-bed.ts';
import { aServedFunction } from '../testing/served-function.ts';
import type { FunctionStatus } from '@mayfly/api';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

function useBed(functions = [aServedFunction()]): Promise<GatewayBed> {
  return startGatewayBed({
    functions,
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
  });
}

describe('the Invoke API', () => {
  it.for(['hello', 'hello:$LATEST', ARN, `${ARN}:$LATEST`, '000000000000:function:hello'])(
    'finds %s, encoded and not',
    async (name, { expect }) => {
      const bed = await useBed();
      expect((await bed.invoke(name)).status).toBe(200);
      const path = `/2015-03-31/functions/${name}/invocations`;
      const plain = await fetch(`${bed.gateway.url}${path}`, { method: 'POST' });
      expect(plain.status).toBe(200);
    },
  );

  it.for([
    ['nobody', '', 404, 'ResourceNotFoundException', /^Function not found: arn:.*:nobody$/],
    ['hello', '?Qualifier=7', 404, 'ResourceNotFoundException', /^Function not found: .*:hello:7$/],
    [
      ARN.replace('us-east-1', 'eu-west-1'),
      '',
      404,
      'ResourceNotFoundException',
      /^Functions from 'eu-west-1' are not reachable in this region \('us-east-1'\)$/,
    ],
    [
      ARN.replace('000000000000', '123456789012'),
      '',
      404,
      'ResourceNotFoundException',
      /not found/,
    ],
    ['hello world', '', 400, 'ValidationException', /Value 'hello world' at 'functionName'/],
    ['x'.repeat(200), '', 400, 'ValidationException', /length less than or equal to 170/],
    ['hello', '?Qualifier=a%20b', 400, 'ValidationException', /Value 'a b' at 'qualifier'/],
    ['hello:1', '?Qualifier=2', 400, 'InvalidParameterValueException', /derived qualifier/],
  ] as const)(
    'refuses %s%s with %i',
    async ([name, query, status, errorType, message], { expect }) => {
      const bed = await useBed();
      const response = await bed.invoke(name, { query });
      expect(response.status).toBe(status);
      expect(response.headers.get('x-amzn-errortype')).toBe(errorType);
      expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
      expect(response.headers.get('content-type')).toBe('application/json');
      const body = (await response.json()) as Record<string, string>;
      expect(body['Message'] ?? body['message']).toMatch(message);
      const isOfFramework = ['ValidationException', 'SerializationException'].includes(
        response.headers.get('x-amzn-errortype') ?? '',
      );
      expect(body['Type']).toBe(isOfFramework ? undefined : 'User');
    },
  );

  it.for([
    ['{"a":', /^Could not parse request body into json: Unexpected end-of-input/],
    [
      'value',
      /Unrecognized token 'value': was expecting \('true', 'false' or 'null'\)\n at \[Source/,
    ],
    ['{"a":1,}', /Unexpected character \('}' \(code 125\)\)/],
  ] as const)('refuses the body %s', async ([body, message], { expect }) => {
    const bed = await useBed();
    const response = await bed.invoke('hello', { body });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('InvalidRequestContentException');
    expect(((await response.json()) as { message: string }).message).toMatch(message);
  });

  it.for(['https://evil.example', 'http://127.0.0.1:8080', 'null'])(
    'refuses what a browser posts for the page %s',
    async (origin, { expect }) => {
      const bed = await useBed();
      const response = await bed.invoke('hello', { headers: { origin } });
      expect(response.status).toBe(403);
      expect(response.headers.get('x-amzn-errortype')).toBe('AccessDeniedException');
    },
  );

  it('refuses a payload of 7 MB and goes on', async ({ expect }) => {
    const bed = await useBed();
    const body = JSON.stringify('x'.repeat(7 * 1024 * 1024));
    const response = await bed.invoke('hello', { body });
    expect(response.status).toBe(413);
    expect(await response.text()).toContain(
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
    );
    expect((await bed.invoke('hello')).status).toBe(200);
  });

  it.for([
    [
      { 'x-amz-invocation-type': 'Never' },
      400,
      /at 'invocationType' .*\[Event, RequestResponse, DryRun\]/,
    ],
    [{ 'x-amz-invocation-type': 'Event' }, 501, /Event invocations are not served yet/],
    [{ 'x-amz-log-type': 'All' }, 400, /at 'logType' .*\[None, Tail\]/],
    [{ 'x-amz-client-context': 'bm8ganNvbg==' }, 400, /Base64-encoded JSON/],
    [{ 'x-amz-client-context': '{}' }, 400, /Base64-encoded JSON/],
    [{ 'x-amz-client-context': 'e'.repeat(3584) }, 400, /at most 3583 bytes/],
  ] as const)('refuses the header %o', async ([headers, status, message], { expect }) => {
    const bed = await useBed();
    const response = await bed.invoke('hello', { headers });
    expect(response.status).toBe(status);
    expect(((await response.json()) as { message: string }).message).toMatch(message);
    expect(bed.agent.requests).toEqual([]);
  });

  it('answers a dry run without running anything', async ({ expect }) => {
    const bed = await useBed();
    const headers = { 'x-amz-invocation-type': 'DryRun' };
    expect((await bed.invoke('hello', { headers })).status).toBe(204);
    expect((await bed.invoke('nobody', { headers })).status).toBe(404);
    expect(bed.agent.requests).toEqual([]);
  });

  it('passes a trace id on and gives it back', async ({ expect }) => {
    const bed = await useBed();
    const traceId = 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1';
    const response = await bed.invoke('hello', { headers: { 'x-amzn-trace-id': traceId } });
    expect(response.headers.get('x-amzn-trace-id')).toBe(traceId);
    expect(bed.agent.requests[0]?.headers['x-amzn-trace-id']).toBe(traceId);
  });

  it.for([
    [{ state: 'Pending', conditions: [] }, 'state: Pending'],
    [
      { state: 'Failed', stateReason: 'Install Node.js 22.', conditions: [] },
      'state: Failed. Install Node.js 22.',
    ],
  ] satisfies [FunctionStatus, string][])(
    'refuses a function in the state %o',
    async ([status, message], { expect }) => {
      const bed = await useBed([aServedFunction({ status })]);
      const response = await bed.invoke('hello');
      expect(response.status).toBe(409);
      expect(response.headers.get('x-amzn-errortype')).toBe('ResourceConflictException');
      expect(((await response.json()) as { message: string }).message).toBe(
        `The operation cannot be performed at this time. The function is currently in the following ${message}`,
      );
    },
  );

  it.for([
    ['GET', '/2025-12-01/durable-executions/arn/state', 501, 'GetDurableExecutionState'],
    ['GET', '/nothing/here', 404, 'GET /nothing/here'],
    ['GET', '/2015-03-31/functions/hello/invocations', 405, 'There is POST'],
    ['POST', '/%E0%A4%A', 400, 'Type'],
  ] as const)('names what %s %s would be', async ([method, path, status, text], { expect }) => {
    const bed = await useBed();
    const response = await fetch(`${bed.gateway.url}${path}`, { method });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(text);
  });
});
