import type { FunctionResource } from '@mayfly/api';
import type { Clock } from '@mayfly/core';
import { FakeCodeUploads } from '@mayfly/testkit';
import {
  makeLogger,
  makeRegistry,
  systemClock,
  type Logger,
  type Registry,
} from '@mayfly/telemetry';
import {
  DEFAULT_CONFIG,
  run,
  type Gateway,
  type GatewayConfig,
  type IdentityDeps,
} from '../run.ts';
import { answerWith, startFakeAgent, type AgentHandler, type FakeAgent } from './fake-agent.ts';
import { FakeFunctionStore } from './fake-function-store.ts';
import { FakeOperator } from './fake-operator.ts';

/** A gateway with a fake operator, a fake store, and real sockets everywhere else. */
export interface GatewayBed {
  readonly gateway: Gateway;
  readonly operator: FakeOperator;
  readonly store: FakeFunctionStore;
  readonly codeUploads: FakeCodeUploads;
  readonly registry: Registry;
  /** The first agent; every demand is granted one more connection to it. */
  readonly agent: FakeAgent;
  /** Calls the Invoke API. */
  invoke(functionName: string, init?: RequestInit & { query?: string }): Promise<Response>;
}

/** How a bed differs from the default. */
export interface GatewayBedOptions {
  readonly functions: readonly FunctionResource[];
  readonly agent?: AgentHandler;
  /** False: the operator grants nothing by itself. */
  readonly grants?: boolean;
  readonly config?: Partial<GatewayConfig>;
  readonly clock?: Clock;
  /** Default: everybody may call. */
  readonly identity?: IdentityDeps;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Told how to clean up. */
  readonly onFinished: (cleanUp: () => Promise<void>) => void;
}

/** Starts one on a free port. */
export async function startGatewayBed(options: GatewayBedOptions): Promise<GatewayBed> {
  const operator = new FakeOperator();
  const store = new FakeFunctionStore(options.functions);
  const registry = makeRegistry();
  const codeUploads = new FakeCodeUploads();
  const agent = await startFakeAgent(options.agent ?? answerWith('{"message":"hi"}'));
  if (options.grants !== false) operator.onDemand = (key) => operator.grant(key, agent.address);
  const gateway = await run(
    {
      store: store.port,
      link: operator.link,
      codeUploads,
      clock: options.clock ?? systemClock,
      logger: options.logger ?? makeLogger({ level: 'silent', pretty: false }),
      registry,
      random: () => 0.5,
      identity: options.identity,
    },
    { ...DEFAULT_CONFIG, port: 0, ...options.config },
  );
  options.onFinished(async () => {
    await gateway.destroy();
    await agent.kill();
  });
  return {
    gateway,
    operator,
    store,
    codeUploads,
    registry,
    agent,
    invoke: (functionName, { query = '', ...init } = {}) => {
      const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations${query}`;
      return fetch(`${gateway.url}${path}`, { method: 'POST', ...init });
    },
  };
}
