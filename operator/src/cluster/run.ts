import { randomBytes } from 'node:crypto';
import { connect, KubeLeaseStore, LeaderElection } from '@mayfly/kube';
import {
  makeLogger,
  makeRegistry,
  startAdminServer,
  systemClock,
  type Logger,
} from '@mayfly/telemetry';
import { ensureCertificates } from '../certificates/ensure-certificates.ts';
import { startStandBy, type StandBy } from './cluster-code-store.ts';
import type { ClusterOperatorConfig } from './config.ts';
import { makeSecretStore } from './kube-adapters.ts';
import { makeMirrorMetrics } from './mirror-metrics.ts';
import { lead, type LeadDeps, type Leadership } from './lead.ts';
import { dropLeaderLabel } from './leader-label.ts';

/** One of the operators of a cluster. */
export interface ClusterOperator {
  /** Rejects when it must not go on: it led, and another one may lead by now. */
  readonly failed: Promise<never>;
  /** Hands over to the next leader, and stops. */
  close(): Promise<void>;
}

const CERTIFICATES_PERIOD_MS = 3_600_000;
/** Who lacks code lets those who have it lead: they look for the Lease every two seconds. */
const HANDICAP_MS = 4_000;

/** Starts one of the operators of a cluster: it makes what credentials are missing, and leads when it is its turn. */
export async function runInCluster(config: ClusterOperatorConfig): Promise<ClusterOperator> {
  const clock = systemClock;
  const logger = makeLogger({ level: config.logLevel, pretty: false });
  const registry = makeRegistry();
  const api = connect();
  const mirrorObserver = makeMirrorMetrics(registry);
  const deps: LeadDeps = { api, clock, logger, registry, mirrorObserver };
  const running: { turn?: LeadersTurn } = {};
  const admin = await startAdminServer({
    host: '0.0.0.0',
    port: config.ports.admin,
    registry,
    isReady: () => running.turn?.isReady ?? false,
  });
  await dropLeaderLabel(api, config.identity);
  await ensureSecrets(deps, config, false);

  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const standBy = await startStandBy(deps, config);
  const turn = new LeadersTurn(deps, config, standBy);
  running.turn = turn;
  const { namespace, fullname, podName } = config.identity;
  const election = new LeaderElection({
    leases: new KubeLeaseStore(api, { namespace, name: `${fullname}-operator` }),
    identity: podName,
    clock,
    handicapMs: () => (standBy.hasCaughtUp ? 0 : HANDICAP_MS),
    onStartedLeading: () => {
      turn.start().catch((error: unknown) => {
        failure.reject(new Error('leading', { cause: error }));
      });
    },
    onLost: () => {
      failure.reject(new Error('leading: the Lease could not be renewed in time'));
    },
    onError: (err) => {
      logger.warn({ err }, 'leader election failed; trying again');
    },
  });
  election.start();
  logger.info({ podName, namespace }, 'operator stands by');
  return {
    failed: failure.promise,
    async close() {
      await turn.close();
      await election.close();
      await admin.close();
    },
  };
}

/** What one operator does while it leads. */
class LeadersTurn {
  readonly #deps: LeadDeps;
  readonly #config: ClusterOperatorConfig;
  readonly #standBy: StandBy;
  #starting: Promise<void> | undefined;
  #leadership: Leadership | undefined;
  #stopRenewing: () => void = () => undefined;

  constructor(deps: LeadDeps, config: ClusterOperatorConfig, standBy: StandBy) {
    this.#deps = deps;
    this.#config = config;
    this.#standBy = standBy;
  }

  /** Whether another operator may go for it: it has what code there is. */
  get isReady(): boolean {
    if (this.#starting === undefined) return this.#standBy.isReady;
    return this.#leadership?.isComplete ?? this.#standBy.isReady;
  }

  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async close(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    await this.#standBy.close();
    this.#stopRenewing();
    if (this.#leadership === undefined) return;
    const { logger, api } = this.#deps;
    logger.info('operator hands over');
    await this.#leadership.close();
    await dropLeaderLabel(api, this.#config.identity).catch((err: unknown) => {
      logger.warn({ err }, 'taking the leader label off failed');
    });
  }

  async #start(): Promise<void> {
    const { clock, logger } = this.#deps;
    logger.info('operator leads');
    await this.#standBy.close();
    await ensureSecrets(this.#deps, this.#config, true);
    this.#leadership = await lead(this.#deps, this.#config);
    const renewal = clock.every(CERTIFICATES_PERIOD_MS, () => {
      ensureSecrets(this.#deps, this.#config, true).catch((err: unknown) => {
        logger.warn({ err }, 'renewing certificates failed; trying again in an hour');
      });
    });
    this.#stopRenewing = () => {
      renewal.cancel();
    };
  }
}

function ensureSecrets(
  { api, clock, logger }: { readonly logger: Logger } & Pick<LeadDeps, 'api' | 'clock'>,
  { identity }: ClusterOperatorConfig,
  isLeader: boolean,
): Promise<void> {
  const { namespace, fullname, leaderHost } = identity;
  const service = `${fullname}-operator-leader`;
  const operatorDnsNames = [
    ...new Set([
      leaderHost,
      service,
      `${service}.${namespace}`,
      `${service}.${namespace}.svc`,
      `${service}.${namespace}.svc.cluster.local`,
    ]),
  ];
  return ensureCertificates(
    { secrets: makeSecretStore(api, namespace), clock, randomBytes, logger },
    { fullname, operatorDnsNames, isLeader },
  );
}
