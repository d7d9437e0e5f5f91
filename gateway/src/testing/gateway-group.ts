import type { FunctionResource } from '@mayfly/api';
import { rankGateways, type Clock, type GatewayMember } from '@mayfly/core';
import { makeLogger, makeRegistry, systemClock, type Registry } from '@mayfly/telemetry';
import { FakeCodeUploads } from '@mayfly/testkit';
import { DEFAULT_CONFIG, run, type Gateway, type GatewayConfig } from '../run.ts';
import { answerWith, startFakeAgent, type AgentHandler, type FakeAgent } from './fake-agent.ts';
import { FakeFunctionStore } from './fake-function-store.ts';
import { FakeOperator } from './fake-operator.ts';

/** One of several gateways, with an operator's end and a view of the Functions of its own. */
export interface GroupMember {
  readonly gateway: Gateway;
  readonly operator: FakeOperator;
  readonly store: FakeFunctionStore;
  readonly registry: Registry;
  readonly member: GatewayMember;
  invoke(functionName: string, init?: RequestInit): Promise<Response>;
}

/** How a group differs from the default. */
export interface GatewayGroupOptions {
  readonly functions: readonly FunctionResource[];
  readonly size?: number;
  readonly agent?: AgentHandler;
  /** False: nobody is granted anything by itself. */
  readonly grants?: boolean;
  readonly config?: Partial<GatewayConfig>;
  readonly clock?: Clock;
  /** Tokens of each gateway. Default: the same for all. */
  readonly tokensOf?: (index: number) => readonly string[];
  readonly onFinished: (cleanUp: () => Promise<void>) => void;
}

/** Gateways that know each other. */
export class GatewayGroup {
  readonly agent: FakeAgent;
  readonly all: GroupMember[] = [];
  /** All have the same. */
  readonly codeUploads = new FakeCodeUploads();
  readonly #options: GatewayGroupOptions;

  private constructor(options: GatewayGroupOptions, agent: FakeAgent) {
    this.#options = options;
    this.agent = agent;
  }

  static async start(options: GatewayGroupOptions): Promise<GatewayGroup> {
    const agent = await startFakeAgent(options.agent ?? answerWith('{"message":"hi"}'));
    options.onFinished(() => agent.kill());
    const group = new GatewayGroup(options, agent);
    for (let index = 0; index < (options.size ?? 2); index += 1) await group.add();
    group.sayMembers(group.all);
    return group;
  }

  /** Starts one more. Nobody knows of it before `sayMembers`. */
  async add(): Promise<GroupMember> {
    const { functions, clock = systemClock, grants, tokensOf, config } = this.#options;
    const index = this.all.length;
    const operator = new FakeOperator();
    const store = new FakeFunctionStore(functions);
    const registry = makeRegistry();
    if (grants !== false) {
      operator.onDemand = (key) => operator.grant(key, this.agent.address);
    }
    const gatewayId = `gateway-${index.toString()}`;
    const gateway = await run(
      {
        store: store.port,
        link: operator.link,
        codeUploads: this.codeUploads,
        clock,
        logger: makeLogger({ level: 'silent', pretty: false }),
        registry,
        random: () => 0.5,
        cluster: {
          gatewayId,
          host: '127.0.0.1',
          internalHost: '127.0.0.1',
          internalPort: 0,
          tokens: () => tokensOf?.(index) ?? ['shared'],
        },
      },
      { ...DEFAULT_CONFIG, port: 0, ...config },
    );
    this.#options.onFinished(() => gateway.destroy());
    const address = `127.0.0.1:${String(gateway.internalPort)}`;
    const made: GroupMember = {
      gateway,
      operator,
      store,
      registry,
      member: { gatewayId, address },
      invoke: (functionName, init = {}) => {
        const path = `/2015-03-31/functions/${functionName}/invocations`;
        return fetch(`${gateway.url}${path}`, { method: 'POST', ...init });
      },
    };
    this.all.push(made);
    return made;
  }

  /** Tells everyone that these are the gateways there are. */
  sayMembers(members: readonly GroupMember[]): void {
    const gateways = members.map(({ member }) => member);
    for (const { operator } of this.all) operator.sayMembers(gateways);
  }

  /** Tells everyone that the function has so many homes. */
  saySpread(homes: number, functionName = 'hello'): void {
    const functions = homes > 1 ? [{ functionId: `default/${functionName}`, homes }] : [];
    for (const { operator } of this.all) operator.say({ kind: 'spread', functions });
  }

  /** The gateways in the order in which they are home to the function. */
  ranked(functionName = 'hello'): { readonly home: GroupMember; readonly others: GroupMember[] } {
    const ids = this.all.map((one) => ({ gatewayId: one.member.gatewayId, one }));
    const [home, ...others] = rankGateways(`default/${functionName}`, ids).map(({ one }) => one);
    if (home === undefined) throw new Error('the group is empty');
    return { home, others };
  }
}
