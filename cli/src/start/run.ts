import { randomBytes } from 'node:crypto';
import {
  functionNameOf,
  validateSpec,
  type AliasResource,
  type FunctionResource,
} from '@mayfly/api';
import { makeFunctionUrl } from '@mayfly/core';
import { run as runGateway } from '@mayfly/gateway';
import { FolderSource, lockStateDirectory, makeInProcessFleetLink } from '@mayfly/local';
import { run as runOperator } from '@mayfly/operator';
import {
  makeLogger,
  makeRegistry,
  startAdminServer,
  systemClock,
  type Logger,
  type Registry,
} from '@mayfly/telemetry';
import {
  removeControlFile,
  writeControlFile,
  type ControlFile,
} from '../control-api/control-file.ts';
import { buildControlServer } from '../control-api/server.ts';
import { ensureAccessKeys, type LocalAccessKeys } from './access-keys.ts';
import { loadEmbeddedConfig, type EmbeddedConfig } from './config.ts';
import { makeLocalWorld, type LocalWorld } from './local-world.ts';
import type { EmbeddedHandle, StartOptions, Variables } from './options.ts';
import { orPortTaken } from './port-taken.ts';
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

/** What every part of the platform is started with. */
interface Startup {
  readonly options: StartOptions;
  readonly config: EmbeddedConfig;
  readonly world: LocalWorld;
  /** Undefined: whoever reaches the gateway may do everything. */
  readonly keys: LocalAccessKeys | undefined;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly stops: StopList;
}

async function startParts(
  options: StartOptions,
  variables: Variables,
  stops: StopList,
): Promise<EmbeddedHandle> {
  const { stateDirectory } = options;
  const config = loadEmbeddedConfig(options, variables);
  const logger = makeLogger({ level: options.logLevel, pretty: options.isTerminal });
  const lock = lockStateDirectory(stateDirectory);
  stops.add('state lock', () => {
    lock.release();
  });
  const registry = makeRegistry();
  const world = makeLocalWorld({ stateDirectory, config, variables, logger, registry });
  stops.add('resource store', () => {
    world.store.close();
  });
  stops.add('logs', () => world.logs.close());
  stops.add('driver', () => world.driver.close());
  const keys = needsSignatures(options)
    ? ensureAccessKeys(stateDirectory, config.gateway)
    : undefined;
  const startup: Startup = { options, config, world, keys, logger, registry, stops };

  const readiness = { isReady: false };
  const adminUrl = await startAdmin(startup, readiness);
  await world.driver.start();
  const gatewayUrl = await startGatewayAndOperator(startup);
  const { controlUrl, controlToken } = await startControlApi(startup);
  await startFolderSources(startup);
  const signing = keys?.first;
  const { pid } = process;
  await announce(startup, { url: controlUrl, token: controlToken, gatewayUrl, signing, pid });
  stops.add('readiness', () => {
    readiness.isReady = false;
  });
  readiness.isReady = true;
  const accessKeys = keys?.path;
  logger.info({ gatewayUrl, adminUrl, stateDirectory, accessKeys }, 'mayfly started');
  if (options.isTerminal) await printWelcome({ store: world.store, gatewayUrl, adminUrl, keys });

  return {
    gatewayUrl,
    controlUrl,
    controlToken,
    adminUrl,
    close: () => stops.stop('close'),
    destroy: () => stops.stop('destroy'),
  };
}

/** Open on loopback, where everybody is on this machine already; anywhere else only if it was said. */
function needsSignatures({ requiresSignatures, host }: StartOptions): boolean {
  const isLoopback = host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
  return requiresSignatures ?? !isLoopback;
}

async function startAdmin(
  { options, registry, stops }: Startup,
  readiness: { readonly isReady: boolean },
): Promise<string> {
  const host = '127.0.0.1';
  const isReady = (): boolean => readiness.isReady;
  const port = options.adminPort;
  const admin = await orPortTaken(
    { flag: '--admin-port', port },
    startAdminServer({ host, port, registry, isReady }),
  );
  stops.add('admin server', () => admin.close());
  return `http://${host}:${String(admin.port)}`;
}

/** The gateway stops before the operator: what it still runs needs its execution environments. */
async function startGatewayAndOperator(startup: Startup): Promise<string> {
  const { config, world, keys, logger, registry, stops } = startup;
  const identity = keys && { accessKeys: keys.accessKeys };
  const link = makeInProcessFleetLink();
  const shared = { store: world.store, clock: systemClock, logger, registry };
  const gateway = await orPortTaken(
    { flag: '--port', port: config.gateway.port },
    runGateway(
      {
        ...shared,
        identity,
        link: link.gateway,
        codeUploads: world.codeUploads,
        random: Math.random,
      },
      config.gateway,
    ),
  );
  const { region, urlDomain } = config.gateway;
  const { port } = gateway;
  const operator = await runOperator(
    {
      ...shared,
      driver: world.driver,
      code: world.code,
      codeStore: world.codeStore,
      link: link.operator,
      versionNumbers: world.store.versionNumbers,
      makeUrl: (fn) => urlOf(fn, functionNameOf(fn), { region, urlDomain, port }),
      makeAliasUrl: (alias) => urlOf(alias, alias.spec.functionName, { region, urlDomain, port }),
      events: {
        record: ({ kind, metadata: { namespace, name } }, { type, reason, message }) => {
          const level = type === 'Warning' ? 'warn' : 'info';
          logger[level]({ kind, namespace, name, reason, message }, 'object event');
        },
      },
      platform: 'embedded',
      architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    },
    config.operator,
  );
  stops.add('operator', () => operator.destroy());
  stops.add('unused code', await world.forgetUnused(operator));
  stops.add('gateway', (verb) => gateway[verb]());
  return gateway.url;
}

/** Of a Function, or of an Alias, whose name is the qualifier. */
function urlOf(
  { metadata: { namespace }, spec }: FunctionResource | AliasResource,
  functionName: string,
  site: { readonly region: string; readonly urlDomain: string; readonly port: number },
): string | undefined {
  if (spec.url === undefined) return undefined;
  const qualifier = 'name' in spec ? spec.name : undefined;
  return makeFunctionUrl({ ...site, namespace, functionName, qualifier, scheme: 'http' });
}

async function startControlApi({
  world,
  logger,
  stops,
}: Startup): Promise<{ controlUrl: string; controlToken: string }> {
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
  return { controlUrl: await control.listen({ host: '127.0.0.1', port: 0 }), controlToken };
}

async function startFolderSources({ options, world, logger, stops }: Startup): Promise<void> {
  for (const directory of options.directories) {
    const source = new FolderSource({ directory, store: world.store, logger, clock: systemClock });
    stops.add('folder source', () => source.close());
    await source.start();
  }
}

/** Lets the other commands find this platform. */
async function announce({ options, stops }: Startup, control: ControlFile): Promise<void> {
  const { stateDirectory } = options;
  await writeControlFile(stateDirectory, control);
  stops.add('control file', () => removeControlFile(stateDirectory, control.pid));
}
