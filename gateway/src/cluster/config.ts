import { LOG_LEVELS, type LogLevel } from '@mayfly/telemetry';
import { z } from 'zod';
import { parseConfig, type GatewayConfig } from '../config.ts';

const Port = z.coerce.number().int().min(1).max(65_535);

const ClusterVariables = z.object({
  MAYFLY_POD_NAME: z.string().min(1),
  MAYFLY_POD_NAMESPACE: z.string().min(1),
  MAYFLY_POD_IP: z.string().min(1),
  MAYFLY_FULLNAME: z.string().min(1).default('mayfly'),
  MAYFLY_LEADER_HOST: z.string().min(1),
  MAYFLY_LINK_PORT: Port.default(9443),
  MAYFLY_INTERNAL_PORT: Port.default(8082),
  MAYFLY_ADMIN_PORT: Port.default(9090),
  MAYFLY_IDENTITY_ENABLED: z.enum(['true', 'false']).default('true'),
  MAYFLY_ACCESS_KEYS_NAMESPACE: z.string().default(''),
  MAYFLY_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
});

/** Settings of a gateway in a cluster. */
export interface ClusterGatewayConfig {
  readonly gateway: GatewayConfig;
  /** Who this replica is, and under which names its objects are found. */
  readonly identity: {
    readonly podName: string;
    readonly namespace: string;
    /** Address that the other gateways reach it at. */
    readonly podIp: string;
    /** Prefix of the names of the release's objects. */
    readonly fullname: string;
  };
  /** `host` is the Service that leads to the leading operator. */
  readonly operator: { readonly host: string; readonly port: number };
  /** `internal`: for invocations of other gateways. */
  readonly ports: { readonly internal: number; readonly admin: number };
  /** Who may call. Undefined: whoever reaches the gateway. */
  readonly callers:
    | {
        /** Where the Secrets are that are access keys. */
        readonly accessKeysNamespace: string;
      }
    | undefined;
  readonly logLevel: LogLevel;
}

/**
 * Reads every setting of a gateway in a cluster.
 * @throws Error that names every mistake
 */
export function parseClusterConfig(
  variables: Readonly<Record<string, string | undefined>>,
): ClusterGatewayConfig {
  const parsed = ClusterVariables.safeParse(variables);
  if (!parsed.success) {
    throw new Error(`The gateway's configuration is wrong:\n${z.prettifyError(parsed.error)}`);
  }
  const read = parsed.data;
  // A pod is called from outside of itself.
  const gateway = parseConfig({ MAYFLY_GATEWAY_HOST: '0.0.0.0', ...variables });
  const accessKeysNamespace = read.MAYFLY_ACCESS_KEYS_NAMESPACE || gateway.namespace;
  return Object.freeze({
    gateway,
    callers: read.MAYFLY_IDENTITY_ENABLED === 'true' ? { accessKeysNamespace } : undefined,
    identity: {
      podName: read.MAYFLY_POD_NAME,
      namespace: read.MAYFLY_POD_NAMESPACE,
      podIp: read.MAYFLY_POD_IP,
      fullname: read.MAYFLY_FULLNAME,
    },
    operator: { host: read.MAYFLY_LEADER_HOST, port: read.MAYFLY_LINK_PORT },
    ports: { internal: read.MAYFLY_INTERNAL_PORT, admin: read.MAYFLY_ADMIN_PORT },
    logLevel: read.MAYFLY_LOG_LEVEL,
  });
}
