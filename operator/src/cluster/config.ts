import { z } from 'zod';
import { loadConfig, type OperatorConfig } from '../config.ts';
import { jsonVariable } from '../json-variable.ts';

const Port = z.coerce.number().int().min(1).max(65_535);

const Pool = z.strictObject({
  namespace: z.string().min(1),
  runtime: z.string().min(1),
  memorySize: z.int().min(128).max(10_240),
  size: z.int().min(0).max(1000),
});

const CodeStore = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('volume'),
    path: z.string().min(1),
    /** Operators that there should be, each with a folder of its own. Absent: the folder is a lasting volume. */
    replicas: z.int().min(0).optional(),
  }),
  z.strictObject({
    type: z.literal('s3'),
    bucket: z.string().min(3),
    prefix: z.string().default(''),
    endpoint: z.url().optional(),
    region: z.string().default('us-east-1'),
    forcePathStyle: z.boolean().default(false),
  }),
]);

const ClusterEnv = z.object({
  MAYFLY_POD_NAME: z.string().min(1),
  MAYFLY_POD_NAMESPACE: z.string().min(1),
  MAYFLY_FULLNAME: z.string().min(1).default('mayfly'),
  MAYFLY_LEADER_HOST: z.string().min(1),
  MAYFLY_LINK_PORT: Port.default(9443),
  MAYFLY_HTTP_PORT: Port.default(8081),
  MAYFLY_ADMIN_PORT: Port.default(9090),
  MAYFLY_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  MAYFLY_AGENT_IMAGE: z.string().min(1),
  MAYFLY_IMAGE_PULL_POLICY: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
  MAYFLY_IMAGE_PULL_SECRETS: jsonVariable(z.array(z.string().min(1)), '[]'),
  MAYFLY_INSECURE_REGISTRIES: jsonVariable(z.array(z.string().min(1)), '[]'),
  MAYFLY_RUNTIME_IMAGES: jsonVariable(z.record(z.string().min(1), z.string().min(1)), '{}'),
  MAYFLY_POOLS: jsonVariable(z.array(Pool), '[]'),
  MAYFLY_POOL_REFILL_PER_SECOND: z.coerce.number().positive().max(100).default(2),
  MAYFLY_CPU_REQUEST_RATIO: z.coerce.number().min(0).max(1).default(0.1),
  MAYFLY_CODE_STORE: jsonVariable(CodeStore, '{"type":"volume","path":"/var/lib/mayfly/code"}'),
  MAYFLY_URL_SCHEME: z.enum(['http', 'https']).default('http'),
  MAYFLY_URL_DOMAIN: z.string().min(1).default('localhost'),
  MAYFLY_URL_PORT: Port.optional(),
});

/** Settings of an operator in a cluster. */
export interface ClusterOperatorConfig {
  readonly operator: OperatorConfig;
  /** Who this replica is, and under which names its objects are found. */
  readonly identity: {
    readonly podName: string;
    readonly namespace: string;
    /** Prefix of the names of the release's objects. */
    readonly fullname: string;
    /** DNS name of the Service that leads to the leading operator. */
    readonly leaderHost: string;
  };
  readonly ports: { readonly link: number; readonly http: number; readonly admin: number };
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly pods: {
    readonly agentImage: string;
    readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
    readonly imagePullSecrets: readonly string[];
    /** `host:port` of registries that speak plain HTTP. */
    readonly insecureRegistries: readonly string[];
    /** Runtime identifier to image. */
    readonly runtimeImages: Readonly<Record<string, string>>;
    /** Execution environments that are made ahead. */
    readonly pools: readonly z.infer<typeof Pool>[];
    /** How many of them are made in a second, over all pools. */
    readonly poolRefillPerSecond: number;
    /** Share of a function's CPU that its pod asks the scheduler for. */
    readonly cpuRequestRatio: number;
  };
  readonly codeStore: z.infer<typeof CodeStore>;
  readonly urls: {
    readonly scheme: 'http' | 'https';
    readonly domain: string;
    /** Undefined: the scheme's own. */
    readonly port: number | undefined;
  };
}

/**
 * Reads every setting of an operator in a cluster at once.
 * @throws Error that names every mistake
 */
export function loadClusterConfig(
  env: Readonly<Record<string, string | undefined>>,
): ClusterOperatorConfig {
  const parsed = ClusterEnv.safeParse(env);
  if (!parsed.success) {
    throw new Error(`invalid operator configuration:\n${z.prettifyError(parsed.error)}`);
  }
  const read = parsed.data;
  return Object.freeze({
    operator: loadConfig({ MAYFLY_SETTLE_MS: '3000', ...env }),
    identity: {
      podName: read.MAYFLY_POD_NAME,
      namespace: read.MAYFLY_POD_NAMESPACE,
      fullname: read.MAYFLY_FULLNAME,
      leaderHost: read.MAYFLY_LEADER_HOST,
    },
    ports: {
      link: read.MAYFLY_LINK_PORT,
      http: read.MAYFLY_HTTP_PORT,
      admin: read.MAYFLY_ADMIN_PORT,
    },
    logLevel: read.MAYFLY_LOG_LEVEL,
    pods: {
      agentImage: read.MAYFLY_AGENT_IMAGE,
      imagePullPolicy: read.MAYFLY_IMAGE_PULL_POLICY,
      imagePullSecrets: read.MAYFLY_IMAGE_PULL_SECRETS,
      insecureRegistries: read.MAYFLY_INSECURE_REGISTRIES,
      runtimeImages: read.MAYFLY_RUNTIME_IMAGES,
      pools: read.MAYFLY_POOLS,
      poolRefillPerSecond: read.MAYFLY_POOL_REFILL_PER_SECOND,
      cpuRequestRatio: read.MAYFLY_CPU_REQUEST_RATIO,
    },
    codeStore: read.MAYFLY_CODE_STORE,
    urls: {
      scheme: read.MAYFLY_URL_SCHEME,
      domain: read.MAYFLY_URL_DOMAIN,
      port: read.MAYFLY_URL_PORT,
    },
  });
}
