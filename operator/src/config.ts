import { SCALING_DEFAULTS } from '@mayfly/api';
import { LIMITS } from '@mayfly/lambda-api';
import { z } from 'zod';

const OperatorEnv = z.object({
  MAYFLY_REGION: z.string().default('us-east-1'),
  MAYFLY_ACCOUNT_ID: z
    .string()
    .regex(/^\d{12}$/)
    .default('000000000000'),
  MAYFLY_ACCOUNT_CONCURRENCY: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(LIMITS.defaultAccountConcurrency),
  MAYFLY_IDLE_SECONDS: z.coerce.number().int().positive().default(SCALING_DEFAULTS.idleSeconds),
  MAYFLY_MAX_STARTING: z.coerce.number().int().positive().default(50),
  MAYFLY_STARTS_PER_SECOND: z.coerce.number().int().positive().default(50),
  MAYFLY_SETTLE_MS: z.coerce.number().int().nonnegative().default(0),
});

/** Settings of the operator. */
export interface OperatorConfig {
  readonly region: string;
  readonly accountId: string;
  readonly scaling: {
    /** Concurrency of a namespace, reserved and unreserved together. */
    readonly accountConcurrency: number;
    /** Execution environments that may be starting at a time. */
    readonly maxStarting: number;
    /** Execution environments that are created each second at the most, of all functions. */
    readonly startsPerSecond: number;
    /** How long an idle execution environment is kept when its Function does not say. */
    readonly idleSeconds: number;
  };
  /** How long gateways have to come back to an operator that has just begun, before one counts as gone. */
  readonly settleMs: number;
}

/** Reads every setting at once, so that a bad deployment reports all its mistakes in one start. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): OperatorConfig {
  const parsed = OperatorEnv.safeParse(env);
  if (!parsed.success) {
    throw new Error(`invalid operator configuration:\n${z.prettifyError(parsed.error)}`);
  }
  return Object.freeze({
    region: parsed.data.MAYFLY_REGION,
    accountId: parsed.data.MAYFLY_ACCOUNT_ID,
    scaling: {
      accountConcurrency: parsed.data.MAYFLY_ACCOUNT_CONCURRENCY,
      maxStarting: parsed.data.MAYFLY_MAX_STARTING,
      startsPerSecond: parsed.data.MAYFLY_STARTS_PER_SECOND,
      idleSeconds: parsed.data.MAYFLY_IDLE_SECONDS,
    },
    settleMs: parsed.data.MAYFLY_SETTLE_MS,
  });
}
