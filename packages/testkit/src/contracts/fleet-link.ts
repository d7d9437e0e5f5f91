import type {
  FleetLink,
  FleetLinkServer,
  GatewayEvent,
  GatewayHello,
  GatewayMessage,
  OperatorMessage,
} from '@mayfly/core';
import { describe, it, onTestFinished, type ExpectStatic } from 'vitest';
import { eventually } from '../eventually.ts';

/** Both ends for one test, and what only their maker can do to them. */
export interface FleetLinkUnderTest {
  readonly server: FleetLinkServer;
  /** One more gateway's end; whoever asked opens it. */
  makeGateway(): FleetLink;
  /** Breaks every link; none can be made until `mend`. */
  cut(): Promise<void> | void;
  mend(): Promise<void> | void;
  close(): Promise<void>;
}

/** A hello of a gateway that has nothing. */
export function aHello(gatewayId: string, overrides: Partial<GatewayHello> = {}): GatewayHello {
  return {
    gatewayId,
    address: '127.0.0.1:8082',
    isDraining: false,
    holding: [],
    demands: [],
    ...overrides,
  };
}

interface Gateway {
  readonly link: FleetLink;
  readonly got: OperatorMessage[];
}

interface World extends FleetLinkUnderTest {
  readonly events: GatewayEvent[];
  /** A gateway whose link is open. */
  connect(gatewayId: string): Promise<Gateway>;
}

const WAIT = { timeoutMs: 10_000 };

/** What every fleet link does, whatever carries it. */
export function describeFleetLink(name: string, make: () => Promise<FleetLinkUnderTest>): void {
  async function useWorld(): Promise<World> {
    const underTest = await make();
    onTestFinished(() => underTest.close());
    const events: GatewayEvent[] = [];
    underTest.server.onEvent((event) => events.push(event));
    return {
      ...underTest,
      events,
      async connect(gatewayId) {
        const link = underTest.makeGateway();
        onTestFinished(() => link.close());
        const got: OperatorMessage[] = [];
        link.onMessage((message) => got.push(message));
        const before = events.length;
        link.open(() => aHello(gatewayId));
        await eventually(() => {
          mustBe(link.isOpen && kindsOf(gatewayId, events.slice(before)).includes('connected'));
        }, WAIT);
        return { link, got };
      },
    };
  }

  describe(`${name} as a fleet link`, () => {
    describeMessages(useWorld);
    describeBreaks(useWorld);
    describeManyGateways(useWorld);
  });
}

function describeMessages(useWorld: () => Promise<World>): void {
  it('says hello first', async ({ expect }) => {
    const { events, makeGateway } = await useWorld();
    const link = makeGateway();
    onTestFinished(() => link.close());
    expect(link.isOpen).toBe(false);
    const hello = aHello('g1', {
      isDraining: true,
      holding: [{ executionEnvironmentId: 'e1', isBusy: false, idleMs: 1_234.5 }],
      demands: [{ key: { namespace: 'ns', functionName: 'f', revision: 'r' }, queued: 3 }],
    });
    link.open(() => hello);
    await eventually(() => {
      expect(events).toEqual([{ kind: 'connected', hello }]);
      expect(link.isOpen).toBe(true);
    }, WAIT);
  });

  it('delivers in order, both ways', async ({ expect }) => {
    const { connect, server, events } = await useWorld();
    const { link, got } = await connect('g1');
    const ids = Array.from({ length: 200 }, (_, n) => `e${n.toString()}`);
    for (const id of ids) {
      link.send(released(id));
      server.send('g1', gone(id));
    }
    await eventually(() => {
      expect(got).toEqual(ids.map(gone));
      expect(messagesOf('g1', events)).toEqual(ids.map(released));
    }, WAIT);
  });

  it('carries what is to be observed, and what was', async ({ expect }) => {
    const { connect, server, events } = await useWorld();
    const { link, got } = await connect('g1');
    const key = { namespace: 'ns', functionName: 'f', revision: 'r.2' };
    const observe = { kind: 'observe', revisions: [{ key, slowMs: 200 }, { key }] } as const;
    const counts = { invocations: 10, errors: 2, slow: 1 };
    const outcomes = {
      kind: 'outcomes',
      outcomes: [
        { key, slowMs: 200, ...counts },
        { key, ...counts },
      ],
    } as const;
    server.send('g1', observe);
    link.send(outcomes);
    await eventually(() => {
      expect(got).toEqual([observe]);
      expect(messagesOf('g1', events)).toEqual([outcomes]);
    }, WAIT);
  });

  it('does not lose what is sent right after the hello', async ({ expect }) => {
    const { makeGateway, events } = await useWorld();
    const link = makeGateway();
    onTestFinished(() => link.close());
    link.open(() => {
      queueMicrotask(() => {
        link.send(released('early'));
      });
      return aHello('g1');
    });
    await eventually(() => {
      expect(messagesOf('g1', events)).toEqual([released('early')]);
    }, WAIT);
    expect(events[0]?.kind).toBe('connected');
  });

  it('takes what the operator says while it hears the hello', async ({ expect }) => {
    const { server, connect } = await useWorld();
    server.onEvent((event) => {
      if (event.kind === 'connected') server.send(event.hello.gatewayId, gone('answer'));
    });
    const { got } = await connect('g1');
    await eventually(() => {
      expect(got).toEqual([gone('answer')]);
    }, WAIT);
  });

  it('says nothing more to listeners that have stopped', async ({ expect }) => {
    const { connect, server, events } = await useWorld();
    const { link, got } = await connect('g1');
    const heard: unknown[] = [];
    const stops = [
      server.onEvent((event) => heard.push(event)),
      link.onMessage((message) => heard.push(message)),
    ];
    for (const stop of stops) stop();
    await exchange({ gateway: { link, got }, gatewayId: 'g1', server, events, expect });
    expect(heard).toEqual([]);
  });
}

function describeBreaks(useWorld: () => Promise<World>): void {
  it('drops what is sent while it is closed', async ({ expect }) => {
    const { server, makeGateway, connect, events } = await useWorld();
    server.send('g1', gone('lost'));
    makeGateway().send(released('lost'));
    const gateway = await connect('g1');
    await exchange({ gateway, gatewayId: 'g1', server, events, expect });
    expect(JSON.stringify([events, gateway.got])).not.toContain('lost');
  });

  it('comes again with a new hello, and without what was sent in between', async ({ expect }) => {
    const { server, makeGateway, cut, mend, events } = await useWorld();
    const link = makeGateway();
    onTestFinished(() => link.close());
    let hellos = 0;
    link.open(() => {
      hellos += 1;
      return aHello('g1', { address: `hello-${hellos.toString()}` });
    });
    await eventually(() => {
      expect(link.isOpen).toBe(true);
      expect(kindsOf('g1', events)).toEqual(['connected']);
    }, WAIT);
    await cut();
    await eventually(() => {
      expect(link.isOpen).toBe(false);
      expect(kindsOf('g1', events)).toEqual(['connected', 'disconnected']);
    }, WAIT);
    link.send(released('lost'));
    server.send('g1', gone('lost'));
    await mend();
    await eventually(() => {
      expect(link.isOpen).toBe(true);
      expect(kindsOf('g1', events)).toEqual(['connected', 'disconnected', 'connected']);
    }, WAIT);
    const last = events.at(-1);
    expect(last?.kind === 'connected' && last.hello.address).toBe(`hello-${hellos.toString()}`);
    expect(hellos).toBeGreaterThan(1);
    expect(JSON.stringify(events)).not.toContain('lost');
  });

  it('says that a gateway has gone, once, however often it is closed', async ({ expect }) => {
    const { connect, events } = await useWorld();
    const { link } = await connect('g1');
    await Promise.all([link.close(), link.close()]);
    await link.close();
    expect(link.isOpen).toBe(false);
    await connect('g2');
    await eventually(() => {
      expect(kindsOf('g1', events)).toEqual(['connected', 'disconnected']);
    }, WAIT);
    link.send(released('late'));
    await connect('g3');
    expect(kindsOf('g1', events)).toEqual(['connected', 'disconnected']);
  });

  it('closes what was never opened, and does not open after', async ({ expect }) => {
    const { makeGateway, connect, events } = await useWorld();
    const unopened = makeGateway();
    await unopened.close();
    const hasty = makeGateway();
    hasty.open(() => aHello('hasty'));
    await hasty.close();
    await connect('g1');
    expect([unopened.isOpen, hasty.isOpen]).toEqual([false, false]);
    expect(kindsOf('hasty', events).filter((kind) => kind === 'message')).toEqual([]);
  });
}

function describeManyGateways(useWorld: () => Promise<World>): void {
  it('keeps gateways apart', async ({ expect }) => {
    const { connect, server, events } = await useWorld();
    const one = await connect('g1');
    const two = await connect('g2');
    server.send('g1', gone('for-1'));
    server.send('g2', gone('for-2'));
    one.link.send(released('from-1'));
    two.link.send(released('from-2'));
    await eventually(() => {
      expect([one.got, two.got]).toEqual([[gone('for-1')], [gone('for-2')]]);
      expect(messagesOf('g1', events)).toEqual([released('from-1')]);
      expect(messagesOf('g2', events)).toEqual([released('from-2')]);
    }, WAIT);
    await one.link.close();
    await exchange({ gateway: two, gatewayId: 'g2', server, events, expect });
    expect(kindsOf('g2', events)).not.toContain('disconnected');
  });

  it('ends the first link when its gateway comes a second time', async ({ expect }) => {
    const { connect, server, events } = await useWorld();
    const first = await connect('g1');
    const second = await connect('g1');
    await eventually(() => {
      expect(first.link.isOpen).toBe(false);
    }, WAIT);
    await first.link.close();
    await exchange({ gateway: second, gatewayId: 'g1', server, events, expect });
    expect(first.got).toEqual([]);
    expect(kindsOf('g1', events)).toEqual(['connected', 'connected', 'message']);
  });
}

interface Exchange {
  readonly gateway: Gateway;
  readonly gatewayId: string;
  readonly server: FleetLinkServer;
  readonly events: readonly GatewayEvent[];
  readonly expect: ExpectStatic;
}

/** Says something both ways and waits for it: what was said before has arrived, too, or never will. */
async function exchange({ gateway, gatewayId, server, events, expect }: Exchange): Promise<void> {
  gateway.link.send(released('ping'));
  server.send(gatewayId, gone('pong'));
  await eventually(() => {
    expect(messagesOf(gatewayId, events)).toContainEqual(released('ping'));
    expect(gateway.got).toContainEqual(gone('pong'));
  }, WAIT);
}

function released(executionEnvironmentId: string): GatewayMessage {
  return { kind: 'released', executionEnvironmentId };
}

function gone(executionEnvironmentId: string): OperatorMessage {
  return { kind: 'gone', executionEnvironmentId };
}

function kindsOf(gatewayId: string, events: readonly GatewayEvent[]): string[] {
  return events.filter((event) => gatewayIdOf(event) === gatewayId).map(({ kind }) => kind);
}

function gatewayIdOf(event: GatewayEvent): string {
  return event.kind === 'connected' ? event.hello.gatewayId : event.gatewayId;
}

function messagesOf(gatewayId: string, events: readonly GatewayEvent[]): GatewayMessage[] {
  return events.flatMap((event) =>
    event.kind === 'message' && event.gatewayId === gatewayId ? [event.message] : [],
  );
}

function mustBe(isTrue: boolean): void {
  if (!isTrue) throw new Error('not yet');
}
