import { randomBytes } from 'node:crypto';
import { validateSpec } from '@mayfly/api';
import { run as runGateway } from '@mayfly/gateway';
import { FolderSource, lockStateDirectory, makeInProcessFleetLink } from '@mayfly/local';
import { run as runOperator } from '@mayfly/operator';
import { makeLogger, makeRegistry, startAdminServer, systemClock } from '@mayfly/telemetry';
import { removeControlFile, writeControlFile } from '../control-api/control-file.ts';
import { buildControlServer } from '../control-api/server.ts';
import { loadEmbeddedConfig } from './config.ts';
import { makeFunctionUrl } from './function-url.ts';
import { makeLocalWorld } from './local-world.ts';
import type { EmbeddedHandle, StartOptions, Variables } from './options.ts';
import { StopList } from './stop-list.ts';
import { printWelcome } from './welcome.ts';

export type { EmbeddedHandle, StartOptions } from './options.ts';

/**
 * Starts the whole platform in this process: the composition root of the embedded mode. What is stopped is
 * stopped in the reverse order: no new work first, then what does the work, then the state.
 */
export async function startEmbedded(
  options: StartOptions,
  variables: Variables,
): Promise<EmbeddedHandle> {
  const stops = new StopList();
  try {
    return await startParts(options, variables, stops);
  } catch (error) {
    await stops.stop('destroy');
    throw error;
  }
}

async function startParts(
  options: StartOptions,
  variables: Variables,
  stops: StopList,
): Promise<EmbeddedHandle> {
  const { stateDirectory } = options;
  const config = loadEmbeddedConfig(options, variables);
  const logger = makeLogger({ level: options.logLevel, pretty: options.isTerminal });
  const registry = makeRegistry();
  const clock = systemClock;
  let isReady = false;

  const lock = lockStateDirectory(stateDirectory);
  stops.add('state lock', () => {
    lock.release();
  });
  const world = makeLocalWorld({ stateDirectory, config, variables, logger });
  stops.add('resource store', () => {
    world.store.close();
  });
  stops.add('logs', () => world.logs.close());
  stops.add('driver', () => world.driver.close());
  const admin = await startAdminServer({
    host: '127.0.0.1',
    port: options.adminPort,
    registry,
    isReady: () => isReady,
  });
  stops.add('admin server', () => admin.close());

  await world.driver.start();
  const link = makeInProcessFleetLink();
  const gateway = await runGateway(
    { store: world.store, link: link.gateway, clock, logger, registry, random: Math.random },
    config.gateway,
  );
  const site = { ...config.gateway, port: gateway.port };
  const operator = await runOperator(
    {
      ...world,
      link: link.operator,
      clock,
      logger,
      registry,
      makeUrl: (fn) => makeFunctionUrl(fn, site),
      architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    },
    config.operator,
  );
  stops.add('operator', () => operator.close());
  stops.add('gateway', (verb) => gateway[verb]());

  const controlToken = randomBytes(32).toString('hex');
  const control = buildControlServer({
    store: world.store,
    logs: world.logs,
    token: controlToken,
    validate: validateSpec,
    onFault: (err) => {
      logger.error({ err }, 'control API failed');
    },
  });
  stops.add('control API', () => control.close());
  const controlUrl = await control.listen({ host: '127.0.0.1', port: 0 });

  for (const directory of options.directories) {
    const source = new FolderSource({ directory, store: world.store, logger, clock });
    stops.add('folder source', () => source.close());
    await source.start();
  }
  const { url: gatewayUrl } = gateway;
  const { pid } = process;
  await writeControlFile(stateDirectory, { url: controlUrl, token: controlToken, gatewayUrl, pid });
  stops.add('control file', () => removeControlFile(stateDirectory, pid));
  stops.add('readiness', () => {
    isReady = false;
  });
  isReady = true;
  const adminUrl = `http://127.0.0.1:${String(admin.port)}`;
  logger.info({ gatewayUrl, adminUrl, stateDirectory }, 'mayfly started');
  if (options.isTerminal) await printWelcome({ store: world.store, gatewayUrl, adminUrl });

  return {
    gatewayUrl,
    controlUrl,
    controlToken,
    adminUrl,
    close: () => stops.stop('close'),
    destroy: () => stops.stop('destroy'),
  };
}
