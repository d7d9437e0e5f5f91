import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { GatewayHello, GatewayMessage, OperatorMessage } from '@mayfly/core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { makeGatewayFrame, makeHelloFrame, readGatewayFrame } from './gateway-frames.ts';
import { ConnectRequestSchema, ConnectResponseSchema } from './generated/fleet-link_pb.ts';
import { makeOperatorFrame, readOperatorFrame } from './operator-frames.ts';

const text = fc.string({ unit: 'grapheme' });
const count = fc.nat();
const ms = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const key = fc.record({ namespace: text, functionName: text, revision: text });
const ofOne = { executionEnvironmentId: text };
const member = fc.record({ gatewayId: text, address: text });

const observed = { key, slowMs: fc.nat() };
const spread = fc.record({ functionId: text, homes: count });

const hello: fc.Arbitrary<GatewayHello> = fc.record(
  {
    gatewayId: text,
    address: text,
    isDraining: fc.boolean(),
    holding: fc.array(fc.record({ ...ofOne, isBusy: fc.boolean(), idleMs: ms })),
    demands: fc.array(fc.record({ key, queued: count })),
    spread: fc.array(spread, { minLength: 1 }),
  },
  { requiredKeys: ['gatewayId', 'address', 'isDraining', 'holding', 'demands'] },
);

const objectState = fc.record(
  {
    kind: fc.constantFrom('Function' as const, 'Version' as const, 'Alias' as const),
    namespace: text,
    name: text,
    generation: count,
    content: text,
  },
  { requiredKeys: ['kind', 'namespace', 'name', 'generation'] },
);

const gatewayMessage: fc.Arbitrary<GatewayMessage> = fc.oneof(
  fc.record({ kind: fc.constant('demand' as const), key, queued: count }),
  fc.record({
    kind: fc.constant('activity' as const),
    idle: fc.array(text),
    busy: fc.array(text),
  }),
  fc.record({ kind: fc.constantFrom('released' as const, 'occupied' as const), ...ofOne }),
  fc.record({
    kind: fc.constant('dead' as const),
    ...ofOne,
    message: text,
    isLost: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('demand' as const),
    key,
    queued: fc.nat(1_000),
    typicalMs: fc.nat(),
  }),
  fc.constant({ kind: 'draining' as const }),
  fc.record({ kind: fc.constant('confirmed' as const), state: objectState }),
  fc.record({
    kind: fc.constant('load' as const),
    utilisation: ms,
    perSecond: ms,
    busiest: fc.array(fc.record({ functionId: text, perSecond: ms })),
  }),
  fc.record({
    kind: fc.constant('outcomes' as const),
    outcomes: fc.array(
      fc.record(
        { ...observed, invocations: count, errors: count, slow: count },
        { requiredKeys: ['key', 'invocations', 'errors', 'slow'] },
      ),
    ),
  }),
);

const operatorMessage: fc.Arbitrary<OperatorMessage> = fc.oneof(
  fc.record({ kind: fc.constant('members' as const), gateways: fc.array(member) }),
  fc.record({ kind: fc.constant('spread' as const), functions: fc.array(spread) }),
  fc.record({
    kind: fc.constant('grant' as const),
    executionEnvironment: fc
      .tuple(
        fc.record({
          namespace: text,
          functionName: text,
          revision: text,
          ...ofOne,
          version: text,
          address: text,
          token: text,
          isProvisioned: fc.boolean(),
        }),
        fc.record(
          { start: fc.record({ grantMs: ms, podMs: ms, assignMs: ms, initMs: ms }) },
          { requiredKeys: [] },
        ),
      )
      .map(([granted, more]) => ({ ...granted, ...more })),
  }),
  fc.record({
    kind: fc.constant('outlook' as const),
    key,
    coming: count,
    refusal: fc.constantFrom(
      undefined,
      'ReservedFunctionConcurrentInvocationLimitExceeded' as const,
      'ConcurrentInvocationLimitExceeded' as const,
    ),
  }),
  fc.record({ kind: fc.constant('lift' as const), namespace: text, functionName: text }),
  fc.record({
    kind: fc.constant('unavailable' as const),
    key,
    message: text,
    isTemporary: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('revoke' as const, 'gone' as const), ...ofOne }),
  fc.record({ kind: fc.constant('confirm' as const), state: objectState }),
  fc.record({
    kind: fc.constant('observe' as const),
    revisions: fc.array(fc.record(observed, { requiredKeys: ['key'] })),
  }),
);

describe('frames of the fleet link', () => {
  it('carry every hello', ({ expect }) => {
    fc.assert(
      fc.property(hello, (said) => {
        const bytes = toBinary(ConnectRequestSchema, makeHelloFrame(said));
        const read = readGatewayFrame(fromBinary(ConnectRequestSchema, bytes));
        expect(read).toEqual({ kind: 'hello', hello: said });
      }),
    );
  });

  it('carry every message of a gateway', ({ expect }) => {
    fc.assert(
      fc.property(gatewayMessage, (message) => {
        const bytes = toBinary(ConnectRequestSchema, makeGatewayFrame(message));
        const read = readGatewayFrame(fromBinary(ConnectRequestSchema, bytes));
        expect(read).toEqual({ kind: 'message', message });
      }),
    );
  });

  it('carry every message of the operator', ({ expect }) => {
    fc.assert(
      fc.property(operatorMessage, (message) => {
        const bytes = toBinary(ConnectResponseSchema, makeOperatorFrame(message));
        expect(readOperatorFrame(fromBinary(ConnectResponseSchema, bytes))).toEqual(message);
      }),
    );
  });

  it('of a newer version are left', ({ expect }) => {
    // Field 99, a message of no bytes.
    const unknown = Uint8Array.of(0x9a, 0x06, 0x00);
    expect(readGatewayFrame(fromBinary(ConnectRequestSchema, unknown))).toEqual({
      kind: 'unknown',
    });
    expect(readOperatorFrame(fromBinary(ConnectResponseSchema, unknown))).toBeUndefined();
  });
});
