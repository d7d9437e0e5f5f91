import type { ChannelOptions, MethodDefinition } from '@grpc/grpc-js';
import { codec } from './codec.ts';
import {
  type ConnectRequest,
  ConnectRequestSchema,
  type ConnectResponse,
  ConnectResponseSchema,
  FleetLinkService,
} from './generated/fleet-link_pb.ts';

/** The call that is the link, in the terms of the gRPC library. */
export const CONNECT_METHOD: MethodDefinition<ConnectRequest, ConnectResponse> = {
  path: `/${FleetLinkService.typeName}/${FleetLinkService.method.connect.name}`,
  requestStream: true,
  responseStream: true,
  ...codec(ConnectRequestSchema, 'request'),
  ...codec(ConnectResponseSchema, 'response'),
};

/** A node that was cut off is noticed by both ends in ten seconds; one that is merely busy answers in six. */
export const KEEPALIVE_OPTIONS: ChannelOptions = {
  'grpc.keepalive_time_ms': 4_000,
  'grpc.keepalive_timeout_ms': 6_000,
  'grpc.keepalive_permit_without_calls': 1,
};

/** Frames that wait for an end that does not read; with more the link is broken. */
export const DEFAULT_MAX_BUFFERED_FRAMES = 10_000;
