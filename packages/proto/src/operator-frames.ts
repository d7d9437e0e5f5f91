import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { OperatorMessage } from '@mayfly/core';
import {
  type Confirm,
  type ConnectResponse,
  ConnectResponseSchema,
  type Grant,
  type GrantSchema,
  type OutlookSchema,
  type StartDurations,
} from './generated/fleet-link_pb.ts';
import { toObjectState } from './object-state.ts';
import { fromObserved, toObserved } from './observation-frames.ts';
import { toKey } from './revision-key.ts';

type Refusal = (OperatorMessage & { kind: 'outlook' })['refusal'];

/** A frame of the operator. */
export function makeOperatorFrame(message: OperatorMessage): ConnectResponse {
  return create(ConnectResponseSchema, { frame: frameOf(message) });
}

type Frame = NonNullable<MessageInitShape<typeof ConnectResponseSchema>['frame']>;

// eslint-disable-next-line complexity -- one case for each message, and nothing else
function frameOf(message: OperatorMessage): Frame {
  switch (message.kind) {
    case 'members':
      return {
        case: 'members',
        value: { gateways: message.gateways.map((each) => ({ ...each })) },
      };
    case 'spread':
      return {
        case: 'spread',
        value: { functions: message.functions.map((each) => ({ ...each })) },
      };
    case 'grant':
      return { case: 'grant', value: toGrant(message) };
    case 'outlook':
      return { case: 'outlook', value: fromOutlook(message) };
    case 'lift': {
      const { namespace, functionName } = message;
      return { case: 'lift', value: { namespace, functionName } };
    }
    case 'unavailable': {
      const { key, message: text, isTemporary } = message;
      return { case: 'unavailable', value: { key: { ...key }, message: text, isTemporary } };
    }
    case 'revoke':
    case 'gone': {
      const { kind, executionEnvironmentId } = message;
      return { case: kind, value: { executionEnvironmentId } };
    }
    case 'confirm':
      return { case: 'confirm', value: { state: { ...message.state } } };
    case 'observe':
      return { case: 'observe', value: { revisions: message.revisions.map(fromObserved) } };
  }
}

function fromOutlook({
  key,
  coming,
  refusal,
}: OperatorMessage & { kind: 'outlook' }): MessageInitShape<typeof OutlookSchema> {
  const value = { key: { ...key }, coming };
  return refusal === undefined ? value : { ...value, refusal };
}

function toGrant({
  executionEnvironment,
}: OperatorMessage & { kind: 'grant' }): MessageInitShape<typeof GrantSchema> {
  const { namespace, functionName, revision, ...rest } = executionEnvironment;
  const { executionEnvironmentId, version, address, token, isProvisioned, start } = rest;
  return {
    key: { namespace, functionName, revision },
    executionEnvironmentId,
    version,
    address,
    token,
    isProvisioned,
    ...(start === undefined ? {} : { start: { ...start } }),
  };
}

/** Reads a frame of the operator; undefined when it is of a newer version. */
export function readOperatorFrame({ frame }: ConnectResponse): OperatorMessage | undefined {
  return frame.case === undefined ? undefined : toMessage(frame);
}

// eslint-disable-next-line complexity -- one case for each message, and nothing else
function toMessage(
  frame: Exclude<ConnectResponse['frame'], { case: undefined }>,
): OperatorMessage | undefined {
  switch (frame.case) {
    case 'members':
      return {
        kind: 'members',
        gateways: frame.value.gateways.map(({ gatewayId, address }) => ({ gatewayId, address })),
      };
    case 'spread':
      return {
        kind: 'spread',
        functions: frame.value.functions.map(({ functionId, homes }) => ({ functionId, homes })),
      };
    case 'grant':
      return { kind: 'grant', executionEnvironment: fromGrant(frame.value) };
    case 'outlook': {
      const { key, coming, refusal } = frame.value;
      return { kind: 'outlook', key: toKey(key), coming, refusal: toRefusal(refusal) };
    }
    case 'lift': {
      const { namespace, functionName } = frame.value;
      return { kind: 'lift', namespace, functionName };
    }
    case 'unavailable': {
      const { key, message, isTemporary } = frame.value;
      return { kind: 'unavailable', key: toKey(key), message, isTemporary };
    }
    case 'revoke':
    case 'gone':
      return { kind: frame.case, executionEnvironmentId: frame.value.executionEnvironmentId };
    case 'confirm':
      return toConfirm(frame.value);
    case 'observe':
      return { kind: 'observe', revisions: frame.value.revisions.map(toObserved) };
  }
}

type Granted = (OperatorMessage & { kind: 'grant' })['executionEnvironment'];

function fromGrant({ key, ...grant }: Grant): Granted {
  const { executionEnvironmentId, version, address, token, isProvisioned, start } = grant;
  const granted = { executionEnvironmentId, version, address, token, isProvisioned };
  return { ...toKey(key), ...granted, ...(start === undefined ? {} : { start: fromStart(start) }) };
}

function toConfirm({ state }: Confirm): OperatorMessage | undefined {
  const known = toObjectState(state);
  return known && { kind: 'confirm', state: known };
}

function fromStart({ grantMs, podMs, assignMs, initMs }: StartDurations): Granted['start'] {
  return { grantMs, podMs, assignMs, initMs };
}

/** A reason that only a newer operator knows still refuses. */
function toRefusal(reason: string | undefined): Refusal {
  switch (reason) {
    case undefined:
    case 'ReservedFunctionConcurrentInvocationLimitExceeded':
    case 'ConcurrentInvocationLimitExceeded':
      return reason;
    default:
      return 'ConcurrentInvocationLimitExceeded';
  }
}
