import { describe, it, onTestFinished } from 'vitest';
import type { FunctionStatus } from '@mayfly/api';
import type { RevisionKey } from '@mayfly/core';
import { makeLogger } from '@mayfly/telemetry';
import { startGatewayBed, type GatewayBed } from '../testing/gateway-bed.ts';
import { aServedFunction } from '../testing/served-function.ts';
import { toUrlRefusal } from './refusal.ts';
import { ERROR_CATALOGUE, LambdaError, type ErrorCode } from '@mayfly/lambda-api';

const INNER = 'assigning hello: environment.from: Secret default/prod-db has no key PASSWORD';

interface Refusing {
  readonly bed: GatewayBed;
  readonly lines: string[];
}

async function useRefusing(
  onDemand: (bed: GatewayBed, key: RevisionKey) => void,
  status?: FunctionStatus,
): Promise<Refusing> {
  const lines: string[] = [];
  const url = { authType: 'NONE', invokeMode: 'BUFFERED' } as const;
  const bed = await startGatewayBed({
    functions: [aServedFunction({ spec: { url }, ...(status === undefined ? {} : { status }) })],
    grants: false,
    logger: makeLogger({
      level: 'info',
      pretty: false,
      destination: { write: (line) => void lines.push(line) },
    }),
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
  });
  bed.operator.onDemand = (key) => {
    onDemand(bed, key);
  };
  return { bed, lines };
}

const call = (bed: GatewayBed): Promise<Response> => fetch(`${bed.gateway.url}/url/default/hello`);

describe('a function URL whose function cannot be run', () => {
  it('says no more than that, and the log says why', async ({ expect }) => {
    const { bed, lines } = await useRefusing(({ operator }, key) => {
      operator.say({ kind: 'unavailable', key, message: INNER, isTemporary: false });
    });
    const response = await call(bed);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.text()).toBe('{"Message":"Service Unavailable"}');
    const requestId = response.headers.get('x-amzn-requestid') ?? '';
    expect(lines.filter((line) => line.includes(requestId)).join()).toContain(INNER);
    expect(await (await bed.invoke('hello')).text()).toContain(INNER);
  });

  it('does not say why it is in the state that it is in', async ({ expect }) => {
    const status = { state: 'Failed', stateReason: INNER, conditions: [] } as FunctionStatus;
    const { bed } = await useRefusing(() => undefined, status);
    const response = await call(bed);
    expect([response.status, await response.text()]).toEqual([
      502,
      '{"Message":"Internal Server Error"}',
    ]);
  });

  it('is throttled as the API says it', async ({ expect }) => {
    const { bed } = await useRefusing(({ operator }, key) => {
      const refusal = 'ReservedFunctionConcurrentInvocationLimitExceeded';
      operator.say({ kind: 'outlook', key, coming: 0, refusal });
    });
    const response = await call(bed);
    expect(response.status).toBe(429);
    expect(await response.json()).toEqual({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      Type: 'User',
      message: 'Rate Exceeded.',
    });
  });
});

describe('toUrlRefusal', () => {
  it('says of a signature what is wrong with it', ({ expect }) => {
    const error = new LambdaError('InvalidSignatureException', 'Signature expired: …');
    expect(toUrlRefusal(error)).toEqual({
      statusCode: 403,
      body: { message: 'Signature expired: …' },
    });
  });

  it('never repeats another message', ({ expect }) => {
    const ofSignatures = /Signature|Token|UnrecognizedClient/;
    const codes = (Object.keys(ERROR_CATALOGUE) as ErrorCode[]).filter(
      (code) => !ofSignatures.test(code) || code === 'MissingAuthenticationTokenException',
    );
    for (const code of codes) {
      const { statusCode, body } = toUrlRefusal(new LambdaError(code, INNER));
      expect(JSON.stringify(body)).not.toContain('Secret');
      expect(statusCode).toBeGreaterThanOrEqual(400);
    }
  });
});
