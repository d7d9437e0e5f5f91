import { parseConfig, type GatewayConfig } from '@mayfly/gateway';
import { loadConfig, type OperatorConfig } from '@mayfly/operator';
import { z } from 'zod';
import type { StartOptions, Variables } from './options.ts';

const EmbeddedVariables = z.object({
  MAYFLY_SPARE_AGENTS: z.coerce.number().int().min(0).max(100).default(2),
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
    maxLogBytesPerFunction: parsed.data.MAYFLY_MAX_LOG_BYTES,
  };
}
