import fc from 'fast-check';
import { describe, it } from 'vitest';
import { CONTRACT, type OperationName } from '@mayfly/lambda-api/contract';
import { encodeRequest, fieldsOf, type EncodedRequest } from '@mayfly/lambda-api/contract/testing';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';

/** How long the router is given nonsense. */
const FUZZ_MS = 60_000;

const HELLO = aNodeFunction('hello', 'exports.handler = async () => "alive";');
const OPERATIONS = Object.keys(CONTRACT.operations) as OperationName[];
/** Of requests whose form is right, some are about what there is. */
const NAMES = ['hello', 'hello:$LATEST', 'hello:live', 'other'];

const wellFormed: fc.Arbitrary<EncodedRequest> = fc
  .constantFrom(...OPERATIONS.filter((name) => name !== 'Invoke'))
  .chain((name) => {
    const { input } = CONTRACT.operations[name] ?? {};
    const fields = input === undefined ? fc.constant({}) : fieldsOf(input);
    const names = fc.constantFrom(...NAMES);
    return fc
      .tuple(fields, names, fc.boolean())
      .map(([values, FunctionName, isKnown]) =>
        encodeRequest(
          name,
          isKnown && 'FunctionName' in values ? { ...values, FunctionName } : values,
        ),
      );
  });

const bytes = fc.uint8Array({ maxLength: 2000 });
const json = fc.json({ maxDepth: 20 }).map((text) => Buffer.from(text));
const deep = fc.nat(20_000).map((depth) => Buffer.from('['.repeat(depth)));
const wrongTypes = fc
  .dictionary(
    fc.constantFrom('FunctionName', 'Code', 'Environment', 'Timeout', 'Tags', 'Role', 'Layers'),
    fc.oneof(fc.anything({ withBigInt: false }), fc.constant({ ZipFile: '%%%' })),
  )
  .map((value) => Buffer.from(JSON.stringify(value)));
const truncated = fc
  .tuple(wellFormed, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([{ body }, share]) => (body ?? new Uint8Array()).slice(0, share * (body?.length ?? 0)));

/** The same requests with a body, a path or a query that nobody sends by intent. */
const malformed: fc.Arbitrary<EncodedRequest> = fc
  .tuple(wellFormed, fc.oneof(bytes, json, deep, wrongTypes, truncated))
  .map(([request, body]) => ({ ...request, body }));
const misdirected: fc.Arbitrary<EncodedRequest> = fc
  .tuple(
    wellFormed,
    fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH'),
    fc.webQueryParameters(),
  )
  .map(([request, method, query]) => ({
    ...request,
    method,
    target: `${request.target.split('?')[0] ?? ''}?${encodeURI(query)}`,
  }));
const requests = fc.oneof(wellFormed, malformed, misdirected);

async function send(gatewayUrl: string, request: EncodedRequest): Promise<Response> {
  const { method, target, headers } = request;
  const body = method === 'GET' || request.body === undefined ? null : Buffer.from(request.body);
  return fetch(`${gatewayUrl}${target}`, {
    method,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, encodeURI(value)]),
    ),
    body,
  });
}

describe('the Lambda API under nonsense', () => {
  it(
    'answers every request with its result or an error of the caller, and lives',
    { timeout: FUZZ_MS + 60_000 },
    async ({ expect }) => {
      const { gatewayUrl } = await usePlatform({ functions: [HELLO] });
      const statuses = new Map<number, number>();
      const property = fc.asyncProperty(requests, async (request) => {
        const response = await send(gatewayUrl, request);
        const text = await response.text();
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        const said = `${response.status.toString()} ${text.slice(0, 500)}`;
        if (response.status < 400) return;
        // 501 names an operation that is not served.
        if (response.status >= 500 && response.status !== 501) throw new Error(said);
        if (response.headers.get('x-amzn-errortype') === null) throw new Error(`no type: ${said}`);
        const { message, Message } = JSON.parse(text) as Record<string, unknown>;
        if (typeof (message ?? Message) !== 'string') throw new Error(`no message: ${said}`);
      });
      await fc.assert(property, {
        numRuns: Number.MAX_SAFE_INTEGER,
        interruptAfterTimeLimit: FUZZ_MS,
      });

      // What was sent was not all refused at the door, and what was there is there.
      expect(statuses.get(200) ?? 0).toBeGreaterThan(0);
      expect(statuses.get(400) ?? 0).toBeGreaterThan(100);
      const alive = await fetch(`${gatewayUrl}/2015-03-31/functions`);
      expect(alive.status).toBe(200);
    },
  );
});
