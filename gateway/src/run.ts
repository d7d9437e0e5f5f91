import { Informer, type Clock, type FleetLink, type ResourceStore } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';
import type { Logger, Registry } from '@mayfly/telemetry';
import type { FastifyInstance } from 'fastify';
import type { GatewayConfig } from './config.ts';
import { FunctionIndex } from './functions/function-index.ts';
import { Admission } from './invoke/admission.ts';
import { Dispatcher } from './invoke/dispatcher.ts';
import { Invoker } from './invoke/invoker.ts';
import { InvocationResolver } from './invoke/resolver.ts';
import { makeGatewayMetrics } from './metrics.ts';
import { buildServer } from './server.ts';

export { DEFAULT_CONFIG, parseConfig, type GatewayConfig } from './config.ts';

const DRAIN_SWEEP_MS = 20;

/** The world outside of a gateway. */
export interface GatewayDeps {
  readonly store: ResourceStore;
  readonly link: FleetLink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** From 0 up to 1, for weighted aliases. */
  readonly random: () => number;
}

/** A running gateway. Both ways to stop are idempotent. */
export interface Gateway {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, lets running invocations finish (`drainTimeoutMs` at the longest), then stops. */
  close(): Promise<void>;
  /** Stops now. */
  destroy(): Promise<void>;
}

/** Starts a gateway: resolves when it knows the functions and listens. */
export async function run(deps: GatewayDeps, config: GatewayConfig): Promise<Gateway> {
  const parts = composeGateway(deps, config);
  await parts.start();
  const { app } = parts;
  const url = await listen(app, config).catch(async (error: unknown) => {
    await parts.stop();
    throw error;
  });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  deps.logger.info({ ...config, port }, 'gateway listens');

  const stop = makeStop(app, parts.stop, deps.clock);
  return {
    url,
    port,
    close: () => stop(config.drainTimeoutMs),
    destroy: () => stop(0),
  };
}

async function listen(
  app: FastifyInstance,
  { host, port }: Pick<GatewayConfig, 'host' | 'port'>,
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    throw new Error(`listening on ${host}:${port.toString()}`, { cause });
  }
}

function composeGateway(deps: GatewayDeps, config: GatewayConfig) {
  const { clock, link, logger } = deps;
  const dispatcher = new Dispatcher({ clock, maxAnswerBytes: 2 * LIMITS.maxSyncResponseBytes });
  const admission = new Admission(
    {
      link,
      clock,
      onRemoved: (executionEnvironmentId) => {
        dispatcher.forget(executionEnvironmentId);
      },
    },
    config.queue,
  );
  const index = new FunctionIndex((from, to) => {
    admission.leaveRevision(from, to);
  });
  const metrics = makeGatewayMetrics(deps.registry, () => admission.waiting);
  const informer = new Informer({
    store: deps.store,
    kind: 'Function',
    clock,
    onError: (err) => {
      logger.warn({ err }, 'watch of functions broke');
    },
  });
  informer.onChange((key, object) => {
    index.apply(key, object);
  });
  const app = buildServer({
    ...config,
    clock,
    logger,
    invoker: new Invoker({ admission, dispatcher, clock, logger, metrics }),
    resolver: new InvocationResolver({
      ...config,
      random: deps.random,
      find: (namespace, functionName) => index.find(namespace, functionName),
    }),
    findFunction: (namespace, functionName) => index.find(namespace, functionName),
    findByUrlId: (urlId) => index.findByUrlId(urlId),
  });
  const watching = new AbortController();
  return {
    app,
    start: () => informer.start(watching.signal),
    stop: async () => {
      watching.abort();
      admission.close();
      await dispatcher.destroy();
    },
  };
}

/** Stops in order: no new connections, running invocations, watch and link, connections to functions. */
function makeStop(
  app: FastifyInstance,
  stopParts: () => Promise<void>,
  clock: Clock,
): (drainTimeoutMs: number) => Promise<void> {
  let stopped: Promise<void> | undefined;
  const cutOff = (): void => {
    app.server.closeAllConnections();
  };
  return async (drainTimeoutMs) => {
    if (drainTimeoutMs === 0) cutOff();
    const deadline = clock.after(drainTimeoutMs, cutOff);
    // Connections that were busy when closing began are kept alive by Node after their last answer.
    const sweep = clock.every(DRAIN_SWEEP_MS, () => {
      app.server.closeIdleConnections();
    });
    stopped ??= app.close().then(stopParts);
    try {
      await stopped;
    } finally {
      deadline.cancel();
      sweep.cancel();
    }
  };
}
