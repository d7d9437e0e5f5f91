import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { GatewayHello, GatewayMessage } from '@mayfly/core';
import {
  type Confirmed,
  type ConnectRequest,
  ConnectRequestSchema,
  type Demand,
  type Load,
} from './generated/fleet-link_pb.ts';
import { toObjectState } from './object-state.ts';
import { fromOutcomes, toOutcomes } from './observation-frames.ts';
import { toKey } from './revision-key.ts';

/** What a frame of a gateway says. `unknown` is of a newer version. */
export type GatewayFrame =
  | { readonly kind: 'hello'; readonly hello: GatewayHello }
  | { readonly kind: 'message'; readonly message: GatewayMessage }
  | { readonly kind: 'unknown' };

/** The first frame of a link. */
export function makeHelloFrame(hello: GatewayHello): ConnectRequest {
  return create(ConnectRequestSchema, {
    frame: {
      case: 'hello',
      value: {
        ...hello,
        holding: hello.holding.map((each) => ({ ...each })),
        demands: hello.demands.map(({ key, queued }) => ({ key: { ...key }, queued })),
        spread: (hello.spread ?? []).map((each) => ({ ...each })),
      },
    },
  });
}

/** Every later frame of a gateway. */
export function makeGatewayFrame(message: GatewayMessage): ConnectRequest {
  return create(ConnectRequestSchema, { frame: frameOf(message) });
}

type Frame = NonNullable<MessageInitShape<typeof ConnectRequestSchema>['frame']>;

// eslint-disable-next-line complexity -- one case for each message, and nothing else
function frameOf(message: GatewayMessage): Frame {
  switch (message.kind) {
    case 'demand': {
      const { key, queued, typicalMs } = message;
      const value = { key: { ...key }, queued };
      return { case: 'demand', value: typicalMs === undefined ? value : { ...value, typicalMs } };
    }
    case 'activity':
      return {
        case: 'activity',
        value: { idle: [...message.idle], busy: [...message.busy] },
      };
    case 'released':
    case 'occupied': {
      const { kind, executionEnvironmentId } = message;
      return { case: kind, value: { executionEnvironmentId } };
    }
    case 'dead': {
      const { executionEnvironmentId, message: why, isLost } = message;
      return { case: 'dead', value: { executionEnvironmentId, message: why, isLost } };
    }
    case 'draining':
      return { case: 'draining', value: {} };
    case 'confirmed':
      return { case: 'confirmed', value: { state: { ...message.state } } };
    case 'load': {
      const { utilisation, perSecond } = message;
      const busiest = message.busiest.map((each) => ({ ...each }));
      return { case: 'load', value: { utilisation, perSecond, busiest } };
    }
    case 'outcomes':
      return { case: 'outcomes', value: { outcomes: message.outcomes.map(fromOutcomes) } };
  }
}

/** Reads a frame of a gateway. */
export function readGatewayFrame({ frame }: ConnectRequest): GatewayFrame {
  if (frame.case === undefined) return { kind: 'unknown' };
  if (frame.case !== 'hello') {
    const message = toMessage(frame);
    return message === undefined ? { kind: 'unknown' } : { kind: 'message', message };
  }
  const { gatewayId, address, isDraining, holding, demands, spread } = frame.value;
  return {
    kind: 'hello',
    hello: {
      gatewayId,
      address,
      isDraining,
      holding: holding.map(({ executionEnvironmentId, isBusy, idleMs }) => ({
        executionEnvironmentId,
        isBusy,
        idleMs,
      })),
      demands: demands.map(toDemand),
      ...(spread.length > 0 && {
        spread: spread.map(({ functionId, homes }) => ({ functionId, homes })),
      }),
    },
  };
}

type MessageFrame = Exclude<ConnectRequest['frame'], { case: 'hello' } | { case: undefined }>;

// eslint-disable-next-line complexity -- one case for each message, and nothing else
function toMessage(frame: MessageFrame): GatewayMessage | undefined {
  switch (frame.case) {
    case 'demand': {
      const { typicalMs } = frame.value;
      const demand = { kind: 'demand', ...toDemand(frame.value) } as const;
      return typicalMs === undefined ? demand : { ...demand, typicalMs };
    }
    case 'activity':
      return { kind: 'activity', idle: frame.value.idle, busy: frame.value.busy };
    case 'released':
    case 'occupied':
      return { kind: frame.case, executionEnvironmentId: frame.value.executionEnvironmentId };
    case 'dead': {
      const { executionEnvironmentId, message, isLost } = frame.value;
      return { kind: 'dead', executionEnvironmentId, message, isLost };
    }
    case 'draining':
      return { kind: 'draining' };
    case 'load':
      return toLoad(frame.value);
    case 'confirmed':
      return toConfirmed(frame.value);
    case 'outcomes':
      return { kind: 'outcomes', outcomes: frame.value.outcomes.map(toOutcomes) };
  }
}

function toLoad({ utilisation, perSecond, busiest }: Load): GatewayMessage {
  const functions = busiest.map(({ functionId, perSecond: each }) => ({
    functionId,
    perSecond: each,
  }));
  return { kind: 'load', utilisation, perSecond, busiest: functions };
}

function toConfirmed(frame: Confirmed): GatewayMessage | undefined {
  const state = toObjectState(frame.state);
  return state && { kind: 'confirmed', state };
}

function toDemand({
  key,
  queued,
}: Demand): Pick<GatewayMessage & { kind: 'demand' }, 'key' | 'queued'> {
  return { key: toKey(key), queued };
}
