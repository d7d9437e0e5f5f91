import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { applyDefaults, validateObject, validateSpec } from '@mayfly/api';
import {
  LogStore,
  ProcessExecutionEnvironmentDriver,
  RuntimeCatalog,
  SqliteResourceStore,
} from '@mayfly/local';
import { makePoolMetrics } from '@mayfly/operator';
import type { Logger, Registry } from '@mayfly/telemetry';
import { systemClock } from '@mayfly/telemetry';
import { findBundles } from './bundles.ts';
import type { EmbeddedConfig } from './config.ts';
import { makeLocalCode, type LocalCode } from './local-code.ts';
import type { Variables } from './options.ts';

/** The embedded side of every port. */
export interface LocalWorld extends LocalCode {
  readonly store: SqliteResourceStore;
  readonly logs: LogStore;
  readonly driver: ProcessExecutionEnvironmentDriver;
}

/** What the adapters need. */
export interface LocalWorldOptions {
  readonly stateDirectory: string;
  readonly config: EmbeddedConfig;
  readonly variables: Variables;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Variables that pip and downloads of runtimes may need; functions never get them. */
const INSTALL_VARIABLES = /^(pip_|https?_proxy$|no_proxy$|ssl_cert|requests_ca|home$|lang$|xdg_)/i;

/** Makes every adapter on one state directory. Nothing runs yet. */
export function makeLocalWorld(options: LocalWorldOptions): LocalWorld {
  const { stateDirectory, config, variables, logger, registry } = options;
  const clock = systemClock;
  const bundles = findBundles();
  isolateModules(stateDirectory);
  const searchPath = variables['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  const store = new SqliteResourceStore({
    path: path.join(stateDirectory, 'resources.db'),
    clock,
    makeUid: randomUUID,
    validate: validateSpec,
    validateObject,
    applyDefaults,
  });
  const code = makeLocalCode({ stateDirectory, clock, logger });
  const logs = new LogStore({
    directory: path.join(stateDirectory, 'logs'),
    maxBytesPerFunction: config.maxLogBytesPerFunction,
    logger,
  });
  const driver = new ProcessExecutionEnvironmentDriver({
    stateDir: stateDirectory,
    agentEntry: bundles.agent,
    searchPath,
    catalog: new RuntimeCatalog({
      stateDir: config.runtimeDirectory,
      nodeBootstrapPath: bundles.nodeBootstrap,
      searchPath,
      installVariables: pickVariables(variables, INSTALL_VARIABLES),
      logger,
    }),
    ensureUnpacked: (codeSha256, signal) => code.code.ensureUnpacked(codeSha256, signal),
    ensureLayers: (digests, signal) => code.layers.ensure(digests, signal),
    logSink: (records) => logs.append(records),
    clock,
    logger,
    spareAgents: config.spareAgents,
    pools: config.pools,
    poolRefillPerSecond: config.poolRefillPerSecond,
    poolObserver: makePoolMetrics(registry),
    limits: { maxRequestBytes: config.gateway.maxPayloadBytes },
  });
  return { ...code, store, logs, driver };
}

/**
 * The state directory is often inside somebody's project, whose `"type": "module"` would make ES modules of
 * the functions' files. The nearest package.json decides: this one says nothing, as in Lambda.
 */
function isolateModules(stateDirectory: string): void {
  writeFileSync(path.join(stateDirectory, 'package.json'), '{}\n');
}

function pickVariables(variables: Variables, names: RegExp): Record<string, string> {
  const picked = Object.entries(variables).filter(
    (entry): entry is [string, string] => names.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(picked);
}
