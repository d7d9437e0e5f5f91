import fc from 'fast-check';
import { describe, it } from 'vitest';
import { FunctionSpec } from '@mayfly/api';
import { parseFunctionReference } from '@mayfly/lambda-api';
import {
  resolveInvocation,
  type RoutableFunction,
  type RoutableVersion,
  type RoutingTable,
} from './resolve.ts';

const configuration = FunctionSpec.parse({
  runtime: 'nodejs24.x',
  handler: 'index.handler',
  code: { inline: '' },
});

function aVersion(version: string): RoutableVersion {
  const key = { namespace: 'default', functionName: 'hello', revision: `rev-${version}` };
  return { key, version, configuration };
}

const HELLO: RoutableFunction = {
  latest: aVersion('$LATEST'),
  state: 'Active',
  stateReason: undefined,
  version: (version) => (['1', '2'].includes(version) ? aVersion(version) : undefined),
  alias: (name) =>
    ({
      live: { functionVersion: '1', additionalVersion: { version: '2', weight: 0.25 } },
      plain: { functionVersion: '2', additionalVersion: undefined },
      broken: { functionVersion: '9', additionalVersion: undefined },
      newest: { functionVersion: '$LATEST', additionalVersion: undefined },
    })[name],
};

function resolve(reference: string, fn: RoutableFunction | undefined = HELLO, draw = 0.5) {
  const table: RoutingTable = {
    region: 'us-east-1',
    accountId: '000000000000',
    find: (name) => (name === 'hello' ? fn : undefined),
  };
  return resolveInvocation(parseFunctionReference(reference), table, () => draw);
}

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

describe('resolveInvocation', () => {
  it.for([
    ['hello', '$LATEST', ARN],
    ['hello:$LATEST', '$LATEST', `${ARN}:$LATEST`],
    ['hello:2', '2', `${ARN}:2`],
    ['hello:plain', '2', `${ARN}:plain`],
    ['hello:newest', '$LATEST', `${ARN}:newest`],
    [ARN, '$LATEST', ARN],
    ['000000000000:function:hello:1', '1', `${ARN}:1`],
  ] as const)('leads %s to version %s', ([reference, version, invokedFunctionArn], { expect }) => {
    expect(resolve(reference)).toMatchObject({
      kind: 'resolved',
      version,
      invokedFunctionArn,
      key: { revision: `rev-${version}` },
    });
  });

  it.for([
    ['nobody', 'arn:aws:lambda:us-east-1:000000000000:function:nobody'],
    ['hello:7', `${ARN}:7`],
    ['hello:nobody', `${ARN}:nobody`],
    ['hello:broken', `${ARN}:broken`],
    ['123456789012:function:hello', 'arn:aws:lambda:us-east-1:123456789012:function:hello'],
  ] as const)('finds nothing at %s', ([reference, functionArn], { expect }) => {
    expect(resolve(reference)).toEqual({ kind: 'not-found', functionArn });
  });

  it('names a region that is not this one', ({ expect }) => {
    const arn = ARN.replace('us-east-1', 'eu-west-1');
    expect(resolve(arn)).toEqual({ kind: 'wrong-region', region: 'eu-west-1' });
  });

  it('says the state of a function without a served revision', ({ expect }) => {
    const pending = { ...HELLO, latest: undefined, state: undefined };
    expect(resolve('hello', pending)).toMatchObject({ kind: 'not-invocable', state: 'Pending' });
    const failed = { ...pending, state: 'Failed' as const, stateReason: 'no such runtime' };
    expect(resolve('hello', failed)).toEqual({
      kind: 'not-invocable',
      state: 'Failed',
      stateReason: 'no such runtime',
    });
  });

  it('gives the additional version its weight and the main one the rest', ({ expect }) => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (draw) => {
        const expected = draw < 0.25 ? '2' : '1';
        expect(resolve('hello:live', HELLO, draw)).toMatchObject({ version: expected });
      }),
    );
  });

  it.for([0.03, 0.1, 0.5])(
    'gives the additional version its share of 100,000 picks within half a point: %d',
    (weight, { expect }) => {
      const random = makeRandom(42);
      const additionalVersion = { version: '2', weight };
      const fn: RoutableFunction = {
        ...HELLO,
        alias: () => ({ functionVersion: '1', additionalVersion }),
      };
      const table: RoutingTable = {
        region: 'us-east-1',
        accountId: '000000000000',
        find: () => fn,
      };
      const reference = parseFunctionReference('hello:live');
      let picks = 0;
      for (let i = 0; i < 100_000; i += 1) {
        const resolved = resolveInvocation(reference, table, random);
        if (resolved.kind === 'resolved' && resolved.version === '2') picks += 1;
      }
      expect(Math.abs(picks / 100_000 - weight)).toBeLessThan(0.005);
    },
  );
});

/** Numbers from 0 up to 1 (mulberry32): the same row for the same seed. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
