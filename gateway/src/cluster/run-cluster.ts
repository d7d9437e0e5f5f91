import { randomUUID } from 'node:crypto';
import { connect, KubeResourceStore, SecretApi, type KubeApi } from '@mayfly/kube';
import { GrpcCodeUploads, GrpcFleetLink } from '@mayfly/proto';
import {
  makeLogger,
  makeRegistry,
  startAdminServer,
  systemClock,
  type Logger,
  type Registry,
} from '@mayfly/telemetry';
import type { ClusterGatewayConfig } from './config.ts';
import { watchIdentity } from './cluster-identity.ts';
import { GatewaySecret } from './gateway-secret.ts';
import { run, type Gateway } from '../run.ts';

/** A gateway in a pod. Both ways to stop are idempotent, and may be called before it has started. */
export interface ClusterGateway {
  readonly logger: Logger;
  /** Resolves when it listens. It is ready later: when the operator has said which gateways there are. */
  readonly started: Promise<void>;
  close(): Promise<void>;
  destroy(): Promise<void>;
}

/** Starts a gateway in a cluster: the composition root. The admin port answers from the first moment. */
export function runCluster(config: ClusterGatewayConfig): ClusterGateway {
  const logger = makeLogger({ level: config.logLevel, pretty: false });
  const registry = makeRegistry({ processMetrics: true });
  const running: { gateway: Gateway | undefined } = { gateway: undefined };
  const watching = new AbortController();
  const admin = startAdminServer({
    host: config.gateway.host,
    port: config.ports.admin,
    registry,
    isReady: () => running.gateway?.isReady === true,
  });
  const start = async (): Promise<void> => {
    await admin;
    running.gateway = await startGateway(config, { logger, registry, signal: watching.signal });
  };
  const started = start();
  let stopped: Promise<void> | undefined;
  const stop = async (verb: 'close' | 'destroy'): Promise<void> => {
    await running.gateway?.[verb]();
    stopped ??= (async () => {
      watching.abort();
      // Probes last: until here they say that it lives.
      await (await admin).close();
    })();
    await stopped;
  };
  return { logger, started, close: () => stop('close'), destroy: () => stop('destroy') };
}

interface Surroundings {
  readonly logger: Logger;
  readonly registry: Registry;
  readonly signal: AbortSignal;
}

async function startGateway(
  config: ClusterGatewayConfig,
  { logger, registry, signal }: Surroundings,
): Promise<Gateway> {
  const { identity, operator, ports, callers } = config;
  const api = connect();
  const secret = await watchSecret(api, identity, { logger, signal });
  const { accountId } = config.gateway;
  const keys = callers && { namespace: callers.accessKeysNamespace, accountId };
  const shared = { clock: systemClock, random: Math.random, logger };
  const target = `${operator.host}:${operator.port.toString()}`;
  const codeUploads = new GrpcCodeUploads({ clock: systemClock, tls: secret, target });
  signal.addEventListener('abort', () => {
    codeUploads.close();
  });
  return run(
    {
      ...shared,
      registry,
      identity: keys && (await watchIdentity(api, keys, { logger, signal })),
      store: new KubeResourceStore({
        api,
        onUnreadable: (kind, key, err) => {
          logger.warn({ err, kind, ...key }, 'object cannot be read');
        },
      }),
      link: new GrpcFleetLink({ ...shared, tls: secret }, { target }),
      codeUploads,
      cluster: {
        // A container that starts again is another gateway: it holds nothing of what the one before held.
        gatewayId: `${identity.podName}/${randomUUID().slice(0, 8)}`,
        host: identity.podIp,
        internalHost: config.gateway.host,
        internalPort: ports.internal,
        tokens: () => secret.tokens,
      },
    },
    config.gateway,
  );
}

/** The operator makes it, maybe later than we come: the link waits for it by itself. */
async function watchSecret(
  api: KubeApi,
  { namespace, fullname }: ClusterGatewayConfig['identity'],
  { logger, signal }: Pick<Surroundings, 'logger' | 'signal'>,
): Promise<GatewaySecret> {
  const secret = new GatewaySecret();
  const name = `${fullname}-gateway-tls`;
  await new SecretApi(api).watchOne(
    { namespace, name },
    (content) => {
      if (content === undefined) logger.warn({ namespace, name }, 'secret is not there');
      secret.apply(content?.data);
    },
    {
      signal,
      clock: systemClock,
      onError: (err) => {
        logger.warn({ err, namespace, name }, 'watch of the secret broke');
      },
    },
  );
  return secret;
}
