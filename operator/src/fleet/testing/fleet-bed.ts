import type {
  FleetLinkServer,
  FoundExecutionEnvironment,
  GatewayEvent,
  GatewayHello,
  GatewayMessage,
  OperatorMessage,
} from '@mayfly/core';
import { makeLogger, makeRegistry } from '@mayfly/telemetry';
import { aFunction, FakeClock, FakeDriver } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';
import { makeOperatorMetrics } from '../../metrics.ts';
import { Fleet, type FleetDeps } from '../fleet.ts';
import { FunctionBook, type FunctionEntry, type RevisionEntry } from '../function-book.ts';

export const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };

export class FakeLink implements FleetLinkServer {
  readonly sent: OperatorMessage[] = [];
  readonly sentTo: { readonly gatewayId: string; readonly message: OperatorMessage }[] = [];
  #listener: (event: GatewayEvent) => void = () => undefined;

  send(gatewayId: string, message: OperatorMessage): void {
    this.sentTo.push({ gatewayId, message });
    this.sent.push(message);
  }

  onEvent(listener: (event: GatewayEvent) => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  connect(gatewayId: string, hello: Partial<GatewayHello> = {}): void {
    const empty = { address: `${gatewayId}:1`, isDraining: false, holding: [], demands: [] };
    this.#listener({ kind: 'connected', hello: { gatewayId, ...empty, ...hello } });
  }

  disconnect(gatewayId: string): void {
    this.#listener({ kind: 'disconnected', gatewayId });
  }

  say(message: GatewayMessage, gatewayId = 'g1'): void {
    this.#listener({ kind: 'message', gatewayId, message });
  }

  to(gatewayId: string): OperatorMessage[] {
    return this.sentTo.filter((s) => s.gatewayId === gatewayId).map((s) => s.message);
  }

  kinds(): string[] {
    return this.sent.map((m) => m.kind);
  }
}

/** What the fleet reads of `hello`: `$LATEST` of the revision `r1`, unless said otherwise. */
export function anEntry({ reservedConcurrency, ...of }: EntryOverrides = {}): FunctionEntry {
  const { code: _code, ...configuration } = aFunction().spec;
  const latest: RevisionEntry = {
    ...KEY,
    version: '$LATEST',
    idleMs: 60_000,
    served: { revision: 'r1', codeSha256: 'sha', codeSize: 1, configuration },
    owner: { name: 'hello', uid: 'u1' },
    ...of,
  };
  const { namespace, functionName } = latest;
  const revisions = new Map([[latest.revision, latest]]);
  const versions = new Map([[latest.version, latest]]);
  return { namespace, functionName, reservedConcurrency, revisions, versions };
}

type EntryOverrides = Partial<RevisionEntry> & { readonly reservedConcurrency?: number };

/** A book that is written by the test. */
export class FakeBook extends FunctionBook {
  readonly entries = new Map([['default/hello', anEntry()]]);

  override get(id: string): FunctionEntry | undefined {
    return this.entries.get(id);
  }

  override limits(): ReadonlyMap<string, FunctionEntry> {
    return this.entries;
  }
}

/** A fleet with one gateway and fakes around it. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the fakes are its type
export function makeFleet(
  options: {
    found?: FoundExecutionEnvironment[];
    settleMs?: number;
    decisionGapMs?: number;
    limits?: Partial<FleetDeps['limits']>;
  } = {},
) {
  const world = {
    clock: new FakeClock(),
    driver: new FakeDriver(),
    link: new FakeLink(),
    book: new FakeBook(300),
  };
  let ids = 0;
  const registry = makeRegistry();
  const fleet = new Fleet({
    ...world,
    functions: world.book,
    logger: makeLogger({ level: 'silent' }),
    metrics: makeOperatorMetrics(registry),
    makeId: () => `e${String((ids += 1))}`,
    identity: { region: 'us-east-1', accountId: '000000000000' },
    limits: { accountConcurrency: 10, maxStarting: 10, startsPerSecond: 100, ...options.limits },
    settleMs: options.settleMs ?? 0,
    decisionGapMs: options.decisionGapMs ?? 0,
  });
  fleet.start(options.found ?? []);
  fleet.settleSoon();
  if (options.settleMs === undefined) {
    world.clock.step(0);
    world.link.connect('g1');
  }
  onTestFinished(() => fleet.destroy());
  const demand = async (queued: number): Promise<void> => {
    world.link.say({ kind: 'demand', key: KEY, queued });
    await settle();
  };
  return { ...world, fleet, registry, demand };
}

/** Lets the decision and the promises it started run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
