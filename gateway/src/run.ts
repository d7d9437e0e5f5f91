import type { Clock } from '@mayfly/core';
import { composeGateway, type GatewayDeps, type GatewayParts } from './compose-gateway.ts';
import type { GatewayConfig } from './config.ts';

export type { GatewayCluster, GatewayDeps } from './compose-gateway.ts';
export type { IdentityDeps } from './identity/compose-identity.ts';
export { parseAccessKeys } from './identity/listed-access-keys.ts';
export { signRequest, type SigningTerms, type UnsignedRequest } from './identity/sign-request.ts';
export { DEFAULT_CONFIG, parseConfig, type GatewayConfig } from './config.ts';

const DRAIN_SWEEP_MS = 20;

/** A running gateway. Both ways to stop are idempotent. */
export interface Gateway {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly port: number;
  /** Port for invocations of other gateways; undefined when there are none. */
  readonly internalPort: number | undefined;
  /** It takes requests: it knows the functions and the other gateways, and is not about to stop. */
  readonly isReady: boolean;
  /**
   * Is ready no more and hands over what it is home to; takes requests for `drainDelayMs` more; lets running
   * invocations finish (`drainTimeoutMs` at the longest), then stops.
   */
  close(): Promise<void>;
  /** Stops now. */
  destroy(): Promise<void>;
}

/** Starts a gateway: resolves when it knows the functions and listens. */
export async function run(deps: GatewayDeps, config: GatewayConfig): Promise<Gateway> {
  const parts = composeGateway(deps, config);
  const stop = makeStop(parts, config, deps.clock);
  const { app } = parts;
  const url = await start(parts, config).catch(async (error: unknown) => {
    await stop('destroy');
    throw error;
  });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const internalPort = parts.internal()?.port;
  deps.logger.info({ ...config, port, internalPort }, 'gateway listens');
  return {
    url,
    port,
    internalPort,
    get isReady() {
      return parts.isReady();
    },
    close: () => stop('close'),
    destroy: () => stop('destroy'),
  };
}

async function start(
  parts: GatewayParts,
  { host, port }: Pick<GatewayConfig, 'host' | 'port'>,
): Promise<string> {
  await parts.start();
  try {
    return await parts.app.listen({ host, port });
  } catch (cause) {
    throw new Error(`listening on ${host}:${port.toString()}`, { cause });
  }
}

/**
 * Stops in order: not ready and home to nothing; no new connections, running invocations; the same for those
 * of other gateways; watch and link; connections to functions. `destroy` overtakes a `close` on its way.
 */
function makeStop(
  parts: GatewayParts,
  config: Pick<GatewayConfig, 'drainDelayMs' | 'drainTimeoutMs'>,
  clock: Clock,
): (verb: 'close' | 'destroy') => Promise<void> {
  const hurry = Promise.withResolvers<undefined>();
  const cutOff = (): void => {
    parts.app.server.closeAllConnections();
    parts.internal()?.closeAllConnections();
  };
  const drain = async (): Promise<void> => {
    parts.drain();
    if (config.drainDelayMs > 0) await orHurry(clock, config.drainDelayMs, hurry.promise);
    await finish(parts, { clock, cutOff, drainTimeoutMs: config.drainTimeoutMs });
  };
  let stopped: Promise<void> | undefined;
  return async (verb) => {
    stopped ??= drain();
    if (verb === 'destroy') {
      hurry.resolve(undefined);
      cutOff();
      // Those that came in between.
      const sweep = clock.every(DRAIN_SWEEP_MS, cutOff);
      await stopped.finally(() => {
        sweep.cancel();
      });
    }
    await stopped;
  };
}

async function finish(
  parts: GatewayParts,
  {
    clock,
    cutOff,
    drainTimeoutMs,
  }: {
    readonly clock: Clock;
    readonly cutOff: () => void;
    readonly drainTimeoutMs: number;
  },
): Promise<void> {
  const { app } = parts;
  let isInternalClosing = false;
  const deadline = clock.after(drainTimeoutMs, cutOff);
  parts.silentConnections.close();
  // Connections that were busy when closing began are kept alive by Node after their last answer.
  const sweep = clock.every(DRAIN_SWEEP_MS, () => {
    app.server.closeIdleConnections();
    parts.silentConnections.close();
    // Not before: another gateway may be about to write to it.
    if (isInternalClosing) parts.internal()?.closeIdleConnections();
  });
  try {
    await app.close();
    isInternalClosing = true;
    await parts.internal()?.close();
    await parts.stop();
  } finally {
    deadline.cancel();
    sweep.cancel();
  }
}

async function orHurry(clock: Clock, delayMs: number, hurry: Promise<undefined>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = clock.after(delayMs, () => {
    resolve(undefined);
  });
  await Promise.race([promise, hurry]);
  timer.cancel();
}
