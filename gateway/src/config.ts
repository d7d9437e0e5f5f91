import { LIMITS } from '@mayfly/lambda-api';
import { z } from 'zod';

const Port = z.coerce.number().int().min(0).max(65_535);
const Positive = z.coerce.number().int().min(1);

/** A payload of a function URL is JSON with the body in base64, and three quarters are for large payloads. */
const LEAST_WAITING_PAYLOADS = 4;

const Variables = z
  .object({
    MAYFLY_GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
    MAYFLY_GATEWAY_PORT: Port.default(8080),
    MAYFLY_REGION: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is no region such as us-east-1')
      .default('us-east-1'),
    MAYFLY_ACCOUNT_ID: z
      .string()
      .regex(/^\d{12}$/, 'must have 12 digits')
      .default('000000000000'),
    MAYFLY_NAMESPACE: z.string().min(1).default('default'),
    MAYFLY_URL_DOMAIN: z.string().min(1).default('localhost'),
    MAYFLY_ACCOUNT_CONCURRENCY: Positive.default(LIMITS.defaultAccountConcurrency),
    MAYFLY_MAX_PAYLOAD_BYTES: Positive.default(LIMITS.maxSyncPayloadBytes),
    MAYFLY_MAX_QUEUE_LENGTH: Positive.default(1000),
    MAYFLY_MAX_WAITING_BYTES: Positive.default(256 * 1024 * 1024),
    MAYFLY_QUEUE_TIMEOUT_MS: Positive.default(60_000),
    MAYFLY_DRAIN_TIMEOUT_MS: Positive.default(30_000),
    MAYFLY_DRAIN_DELAY_MS: z.coerce.number().int().min(0).default(0),
  })
  .refine(
    (read) =>
      read.MAYFLY_MAX_WAITING_BYTES >= LEAST_WAITING_PAYLOADS * read.MAYFLY_MAX_PAYLOAD_BYTES,
    {
      path: ['MAYFLY_MAX_WAITING_BYTES'],
      message: `must be at least ${LEAST_WAITING_PAYLOADS.toString()} times MAYFLY_MAX_PAYLOAD_BYTES`,
    },
  );

/** What a gateway is told when it starts. */
export interface GatewayConfig {
  /** Address to listen on. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Region of every ARN. */
  readonly region: string;
  /** Account of every ARN: 12 digits. */
  readonly accountId: string;
  /** Most execution environments of a namespace, as the operator keeps to it. */
  readonly accountConcurrency: number;
  /** Namespace that the Lambda API shows. Function URLs reach every namespace. */
  readonly namespace: string;
  /** Function URLs are at `<url-id>.lambda-url.<region>.<urlDomain>`. */
  readonly urlDomain: string;
  /** Largest payload of an invocation. */
  readonly maxPayloadBytes: number;
  readonly queue: {
    /** Most invocations of one function that wait for an execution environment. */
    readonly maxLength: number;
    /** Most bytes of payloads that are here at a time, of all functions: coming in, waiting, or running. Then 503. */
    readonly maxBytes: number;
    /** Longest wait, then 503. */
    readonly timeoutMs: number;
  };
  /**
   * How long `close()` goes on taking requests after it has made itself not ready: until load balancers
   * send no new connections and clients have heard that this one closes.
   */
  readonly drainDelayMs: number;
  /** Longest time that `close()` then waits for running invocations. */
  readonly drainTimeoutMs: number;
}

/** What holds unless said otherwise. */
export const DEFAULT_CONFIG: GatewayConfig = parseConfig({});

/**
 * Reads the configuration from environment variables.
 * @throws Error that names every mistake
 */
export function parseConfig(
  variables: Readonly<Record<string, string | undefined>>,
): GatewayConfig {
  const result = Variables.safeParse(variables);
  if (!result.success) {
    const mistakes = result.error.issues.map(
      (issue) => `${issue.path.join('.')}: ${issue.message}`,
    );
    throw new Error(`The gateway's configuration is wrong: ${mistakes.join('; ')}`);
  }
  const read = result.data;
  return Object.freeze({
    host: read.MAYFLY_GATEWAY_HOST,
    port: read.MAYFLY_GATEWAY_PORT,
    region: read.MAYFLY_REGION,
    accountId: read.MAYFLY_ACCOUNT_ID,
    accountConcurrency: read.MAYFLY_ACCOUNT_CONCURRENCY,
    namespace: read.MAYFLY_NAMESPACE,
    urlDomain: read.MAYFLY_URL_DOMAIN,
    maxPayloadBytes: read.MAYFLY_MAX_PAYLOAD_BYTES,
    queue: Object.freeze({
      maxLength: read.MAYFLY_MAX_QUEUE_LENGTH,
      maxBytes: read.MAYFLY_MAX_WAITING_BYTES,
      timeoutMs: read.MAYFLY_QUEUE_TIMEOUT_MS,
    }),
    drainDelayMs: read.MAYFLY_DRAIN_DELAY_MS,
    drainTimeoutMs: read.MAYFLY_DRAIN_TIMEOUT_MS,
  });
}
