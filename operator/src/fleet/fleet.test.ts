import type { FleetLinkServer, GatewayMessage, OperatorMessage } from '@mayfly/core';
import { makeLogger, makeRegistry } from '@mayfly/telemetry';
import { aFunction, FakeClock, FakeDriver } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { makeOperatorMetrics } from '../metrics.ts';
import { Fleet } from './fleet.ts';
import { FunctionBook, type FunctionEntry } from './function-book.ts';

const KEY = { namespace: 'default', functionName: 'hello', revision: 'r1' };

class FakeLink implements FleetLinkServer {
  readonly sent: OperatorMessage[] = [];
  #listener: (message: GatewayMessage) => void = () => undefined;

  send(message: OperatorMessage): void {
    this.sent.push(message);
  }

  onMessage(listener: (message: GatewayMessage) => void): () => void {
    this.#listener = listener;
    return () => undefined;
  }

  say(message: GatewayMessage): void {
    this.#listener(message);
  }

  kinds(): string[] {
    return this.sent.map((m) => m.kind);
  }
}

function anEntry(overrides: Partial<FunctionEntry> = {}): FunctionEntry {
  const { code: _code, ...configuration } = aFunction().spec;
  return {
    ...KEY,
    reservedConcurrency: undefined,
    idleMs: 60_000,
    served: { revision: 'r1', codeSha256: 'sha', codeSize: 1, configuration },
    ...overrides,
  };
}

class FakeBook extends FunctionBook {
  readonly entries = new Map([['default/hello', anEntry()]]);

  override get(id: string): FunctionEntry | undefined {
    return this.entries.get(id);
  }

  override limits(): ReadonlyMap<string, FunctionEntry> {
    return this.entries;
  }
}

function makeFleet() {
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
    limits: { accountConcurrency: 10, maxStarting: 10 },
  });
  fleet.start();
  onTestFinished(() => fleet.close());
  const demand = async (queued: number): Promise<void> => {
    world.link.say({ kind: 'demand', key: KEY, queued });
    await settle();
  };
  return { ...world, fleet, registry, demand };
}

/** Lets the decision and the promises it started run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}

describe('Fleet', () => {
  it('creates, assigns and grants for a demand', async ({ expect }) => {
    const { driver, link, demand } = makeFleet();
    await demand(1);
    driver.bringUp('e1');
    await settle();

    expect(driver.created).toEqual([
      { executionEnvironmentId: 'e1', runtime: 'nodejs24.x', memorySizeMb: 128 },
    ]);
    expect(driver.assigned[0]).toMatchObject({ handler: 'index.handler', timeoutMs: 3000 });
    expect(link.sent).toContainEqual(
      expect.objectContaining({
        kind: 'grant',
        executionEnvironment: expect.objectContaining({
          executionEnvironmentId: 'e1',
          address: '127.0.0.1:1',
          token: 'token-of-e1',
          version: '$LATEST',
        }),
      }),
    );
  });

  it('makes no second one for the same waiting invocation', async ({ expect }) => {
    const { driver, demand } = makeFleet();
    await demand(1);
    await demand(1);
    driver.bringUp('e1');
    await settle();

    expect(driver.created).toHaveLength(1);
  });

  it('revokes an idle one after its idle time and destroys it once it is released', async ({
    expect,
  }) => {
    const { clock, driver, link, fleet, demand } = makeFleet();
    await demand(1);
    driver.bringUp('e1');
    clock.step(61_000);
    await settle();
    expect(link.sent).toContainEqual({ kind: 'revoke', executionEnvironmentId: 'e1' });
    expect(driver.destroyed).toEqual([]);

    link.say({ kind: 'released', executionEnvironmentId: 'e1' });
    await settle();
    expect(driver.destroyed).toEqual(['e1']);
    expect(link.kinds()).toContain('gone');
    expect(fleet.hasAny('default/hello')).toBe(false);
  });

  it('keeps a busy one however long it runs', async ({ expect }) => {
    const { clock, driver, link, demand } = makeFleet();
    await demand(1);
    driver.bringUp('e1');
    link.say({ kind: 'activity', idle: [], busy: ['e1'] });
    clock.step(600_000);
    await settle();

    expect(link.kinds()).not.toContain('revoke');
  });

  it('counts an execution environment until the driver has ended it', async ({ expect }) => {
    const { driver, link, book, demand } = makeFleet();
    book.entries.set('default/hello', anEntry({ reservedConcurrency: 1 }));
    const ended = Promise.withResolvers<undefined>();
    driver.destroy = () => ended.promise;
    await demand(1);
    driver.bringUp('e1');
    link.say({ kind: 'dead', executionEnvironmentId: 'e1', message: 'connection refused' });
    await demand(1);
    expect(driver.created).toHaveLength(1);

    ended.resolve(undefined);
    await settle();
    expect(driver.created).toHaveLength(2);
  });

  it('tells the gateway when none can be made and tries again later', async ({ expect }) => {
    const { clock, driver, link, demand } = makeFleet();
    driver.createError = new Error('no memory');
    await demand(1);
    expect(link.sent).toContainEqual({ kind: 'unavailable', key: KEY, message: 'no memory' });

    driver.createError = undefined;
    await demand(1);
    expect(driver.created).toHaveLength(0);
    clock.step(1_000);
    await settle();
    expect(driver.created).toHaveLength(1);
  });

  it('gives up one that is assigned and never says that it is ready', async ({ expect }) => {
    const { clock, driver, link, demand } = makeFleet();
    await demand(1);
    driver.announce({ kind: 'waiting', executionEnvironmentId: 'e1', address: 'a:1', token: 't' });
    await settle();
    clock.step(20_000);
    await settle();
    expect(driver.destroyed).toEqual([]);

    clock.step(20_000);
    await settle();
    expect(driver.destroyed).toEqual(['e1']);
    expect(link.kinds()).toContain('unavailable');
  });

  it('tells nobody of an assignment that failed because it was abandoned', async ({ expect }) => {
    const { driver, link, book, fleet, registry, demand } = makeFleet();
    const assigning = Promise.withResolvers<undefined>();
    driver.assign = () => assigning.promise;
    const ended = Promise.withResolvers<undefined>();
    driver.destroy = () => ended.promise;
    await demand(1);
    driver.announce({ kind: 'waiting', executionEnvironmentId: 'e1', address: 'a:1', token: 't' });
    book.entries.set('default/hello', anEntry({ revision: 'r2' }));
    fleet.evaluate();
    await settle();
    assigning.reject(new Error('socket hang up'));
    await settle();
    ended.resolve(undefined);
    await settle();

    expect(link.kinds()).not.toContain('unavailable');
    expect(await registry.metrics()).not.toContain('mayfly_start_failures_total{');
  });

  it('drops one that ended by itself', async ({ expect }) => {
    const { driver, link, fleet, demand } = makeFleet();
    await demand(1);
    driver.bringUp('e1');
    driver.announce({ kind: 'gone', executionEnvironmentId: 'e1', message: 'killed' });
    await settle();

    expect(link.sent).toContainEqual({ kind: 'gone', executionEnvironmentId: 'e1' });
    expect(fleet.counts('default/hello')).toEqual({ desired: 0, ready: 0, busy: 0 });
  });

  it('shows its counts as metrics and leaves none of a function that is gone', async ({
    expect,
  }) => {
    const { driver, link, book, fleet, registry, demand } = makeFleet();
    await demand(1);
    driver.bringUp('e1');
    await settle();
    expect(await registry.metrics()).toContain(
      'mayfly_execution_environments{function="hello",state="idle"} 1',
    );

    book.entries.clear();
    fleet.evaluate();
    link.say({ kind: 'released', executionEnvironmentId: 'e1' });
    await settle();
    expect(await registry.metrics()).not.toContain('mayfly_execution_environments{function');
  });

  it('leaves no series of a function that had no execution environment when it went', async ({
    expect,
  }) => {
    const { driver, link, book, fleet, registry, demand } = makeFleet();
    driver.createError = new Error('no memory');
    await demand(1);
    driver.createError = undefined;
    await demand(0);
    await demand(1);
    driver.bringUp('e2');
    link.say({ kind: 'released', executionEnvironmentId: 'e2' });
    await settle();
    expect(await registry.metrics()).toContain('function="hello"');

    book.entries.clear();
    fleet.noteFunctionChange('default/hello');
    await settle();
    expect(await registry.metrics()).not.toContain('function="hello"');
  });

  it('replaces those of an old revision', async ({ expect }) => {
    const { driver, link, book, fleet, demand } = makeFleet();
    await demand(1);
    driver.bringUp('e1');
    book.entries.set('default/hello', anEntry({ revision: 'r2' }));
    fleet.evaluate();
    await settle();

    expect(link.sent).toContainEqual({ kind: 'revoke', executionEnvironmentId: 'e1' });
  });

  it('refuses beyond the reservation and lifts it when one has gone', async ({ expect }) => {
    const { driver, link, book, demand } = makeFleet();
    book.entries.set('default/hello', anEntry({ reservedConcurrency: 1 }));
    await demand(2);
    expect(link.sent).toContainEqual({
      kind: 'outlook',
      key: KEY,
      coming: 1,
      refusal: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });

    driver.bringUp('e1');
    await demand(0);
    link.say({ kind: 'dead', executionEnvironmentId: 'e1', message: 'reset' });
    await settle();
    expect(link.sent).toContainEqual({
      kind: 'lift',
      namespace: 'default',
      functionName: 'hello',
    });
  });
});
