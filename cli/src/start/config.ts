import { parseConfig, type GatewayConfig } from '@mayfly/gateway';
import { jsonVariable, loadConfig, type OperatorConfig } from '@mayfly/operator';
import { z } from 'zod';
import type { StartOptions, Variables } from './options.ts';

// As in the chart. Here there is one machine: a pool is for all namespaces, and its processes have no memory size.
const Pool = z.strictObject({
  namespace: z.string().min(1).optional(),
  runtime: z.string().min(1),
  memorySize: z.int().min(128).max(10_240).optional(),
  size: z.int().min(0).max(100),
});

const EmbeddedVariables = z.object({
  MAYFLY_SPARE_AGENTS: z.coerce.number().int().min(0).max(100).default(2),
  MAYFLY_POOLS: jsonVariable(z.array(Pool), '[]'),
  MAYFLY_POOL_REFILL_PER_SECOND: z.coerce.number().positive().max(100).default(4),
  MAYFLY_RUNTIME_DIRECTORY: z.string().min(1).optional(),
  MAYFLY_MAX_LOG_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(10 * 1024 * 1024),
});

/** Settings of every part of the embedded mode. */
export interface EmbeddedConfig {
  readonly gateway: GatewayConfig;
  readonly operator: OperatorConfig;
  /** Agents started ahead, so that a cold start does not pay for the start of one. */
  readonly spareAgents: number;
  /** Agents started ahead for functions of one runtime. */
  readonly pools: readonly { readonly runtime: string; readonly size: number }[];
  /** How many agents are started ahead in a second, after the first ones. */
  readonly poolRefillPerSecond: number;
  /** Where runtimes are prepared, such as Python environments. Default: the state directory. */
  readonly runtimeDirectory: string;
  /** Kept log of one function. */
  readonly maxLogBytesPerFunction: number;
}

/**
 * Joins flags and variables; flags win.
 * @throws Error that names the mistakes
 */
export function loadEmbeddedConfig(options: StartOptions, variables: Variables): EmbeddedConfig {
  const parsed = EmbeddedVariables.safeParse(variables);
  if (!parsed.success) {
    throw new Error(`The configuration is wrong:\n${z.prettifyError(parsed.error)}`);
  }
  const gateway = parseConfig(variables);
  const operator = loadConfig(variables);
  const { idleSeconds = operator.scaling.idleSeconds } = options;
  return {
    gateway: { ...gateway, host: options.host, port: options.port },
    operator: { ...operator, scaling: { ...operator.scaling, idleSeconds } },
    runtimeDirectory: parsed.data.MAYFLY_RUNTIME_DIRECTORY ?? options.stateDirectory,
    spareAgents: parsed.data.MAYFLY_SPARE_AGENTS,
    pools: joinPools(parsed.data.MAYFLY_POOLS),
    poolRefillPerSecond: parsed.data.MAYFLY_POOL_REFILL_PER_SECOND,
    maxLogBytesPerFunction: parsed.data.MAYFLY_MAX_LOG_BYTES,
  };
}

/** Pools that differ in what makes no difference here are one. */
function joinPools(pools: readonly z.infer<typeof Pool>[]): EmbeddedConfig['pools'] {
  const sizes = new Map<string, number>();
  for (const { runtime, size } of pools) sizes.set(runtime, (sizes.get(runtime) ?? 0) + size);
  return [...sizes].map(([runtime, size]) => ({ runtime, size }));
}
