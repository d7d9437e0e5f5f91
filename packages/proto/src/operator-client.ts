import { Client } from '@grpc/grpc-js';
import { KEEPALIVE_OPTIONS } from './connect-method.ts';
import { makeClientCredentials, type TlsMaterial } from './tls.ts';

/** Where the operator is, and how it is known. */
export interface OperatorAddress {
  /** `host:port` */
  readonly target: string;
  /** Name in its certificate. Undefined: the host of `target`. */
  readonly serverName: string | undefined;
  readonly material: TlsMaterial;
}

/** A client with a connection that it shares with no other, and that it does not make again by itself. */
export function makeOperatorClient({ target, serverName, material }: OperatorAddress): Client {
  return new Client(target, makeClientCredentials(material), {
    ...KEEPALIVE_OPTIONS,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    ...(serverName !== undefined && {
      'grpc.ssl_target_name_override': serverName,
      'grpc.default_authority': serverName,
    }),
  });
}
