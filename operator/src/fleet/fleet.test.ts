import {
  DriverUnavailableError,
  findHome,
  type Assigned,
  type ExecutionEnvironmentProbe,
} from '@mayfly/core';
import { describe, it } from 'vitest';
import { anEntry, KEY, makeFleet, settle } from './testing/fleet-bed.ts';

describe('Fleet', () => {
  it('creates, assigns and grants for a demand', async ({ expect }) => {
    const { driver, link, demand } = makeFleet();
    await demand(1);
    driver.bringUp('e1');
    await settle();

    expect(driver.created).toMatchObject([
      {
        executionEnvironmentId: 'e1',
        key: KEY,
        runtime: 'nodejs24.x',
        memorySizeMb: 128,
        owner: { name: 'hello', uid: 'u1' },
      },
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
    link.say({
      kind: 'dead',
      executionEnvironmentId: 'e1',
      message: 'connection refused',
      isLost: false,
    });
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
    const refusal = { kind: 'unavailable', key: KEY, message: 'no memory', isTemporary: false };
    expect(link.sent).toContainEqual(refusal);

    // Whoever comes before the next try is told at once.
    driver.createError = undefined;
    await demand(0);
    link.sent.length = 0;
    await demand(1);
    expect(driver.created).toHaveLength(0);
    expect(link.sent).toContainEqual(refusal);
    clock.step(1_000);
    await settle();
    expect(driver.created).toHaveLength(1);
  });

  it('refuses nobody while what makes them does not answer, and tries again soon', async ({
    expect,
  }) => {
    const { clock, driver, link, demand } = makeFleet();
    driver.createError = new DriverUnavailableError('no answer');
    await demand(20);
    for (let second = 0; second < 30; second += 1) {
      clock.step(1_000);
      await settle();
    }
    expect(link.sent.filter((m) => m.kind === 'unavailable' && !m.isTemporary)).toEqual([]);
    driver.createError = undefined;
    clock.step(2_000);
    await settle();
    expect(driver.created.length).toBeGreaterThan(0);
  });

  it('tells nobody that one could not be made while another one is coming', async ({ expect }) => {
    const { driver, link, demand } = makeFleet();
    await demand(2);
    driver.announce({ kind: 'gone', executionEnvironmentId: 'e1', message: 'killed' });
    await settle();
    expect(link.kinds()).not.toContain('unavailable');
    driver.announce({ kind: 'gone', executionEnvironmentId: 'e2', message: 'killed' });
    await settle();
    expect(link.kinds()).toContain('unavailable');
  });

  it('gives up one that is assigned and never says that it is ready', async ({ expect }) => {
    const { clock, driver, link, demand } = makeFleet();
    await demand(1);
    driver.announce({ kind: 'waiting', executionEnvironmentId: 'e1', address: 'a:1', token: 't' });
    await settle();
    // Its runtime's image may have to be pulled yet.
    clock.step(320_000);
    await settle();
    expect(driver.destroyed).toEqual([]);

    clock.step(20_000);
    await settle();
    expect(driver.destroyed).toEqual(['e1']);
    expect(link.kinds()).toContain('unavailable');
  });

  it('gives up one that never starts, and says why', async ({ expect }) => {
    const { clock, driver, link, fleet, demand } = makeFleet();
    await demand(1);
    clock.step(299_000);
    await settle();
    expect(driver.destroyed).toEqual([]);

    clock.step(2_000);
    await settle();
    expect(driver.destroyed).toEqual(['e1']);
    expect(link.kinds()).toContain('unavailable');
    expect(fleet.startFailure('default/hello')).toMatchObject({
      reason: 'NotReadyInTime',
      message: 'The execution environment did not start within 300 s.',
    });
  });

  it('keeps one that is ready although the answer to its assignment was lost', async ({
    expect,
  }) => {
    const { driver, link, demand } = makeFleet();
    const assigning = Promise.withResolvers<Assigned>();
    driver.assign = () => assigning.promise;
    await demand(1);
    driver.announce({ kind: 'waiting', executionEnvironmentId: 'e1', address: 'a:1', token: 't' });
    driver.announce({
      kind: 'ready',
      executionEnvironmentId: 'e1',
      initDurationMs: 1,
      initOutcome: 'success',
    });
    link.say({ kind: 'activity', idle: [], busy: ['e1'] });
    assigning.reject(new Error('no answer'));
    await settle();
    expect(link.kinds()).toContain('grant');
    expect(driver.destroyed).toEqual([]);
  });

  it('gives up what others have idle when there is no room', async ({ expect }) => {
    const { clock, driver, link, book, demand } = makeFleet();
    await demand(2);
    driver.bringUp('e1');
    driver.bringUp('e2');
    link.say({ kind: 'activity', idle: ['e1'], busy: ['e2'] });
    clock.step(1);
    const other = { ...KEY, functionName: 'other' };
    book.entries.set('default/other', anEntry({ ...other, owner: { name: 'other', uid: 'u2' } }));
    link.say({ kind: 'demand', key: other, queued: 1 });
    await settle();
    driver.announce({ kind: 'no-room', executionEnvironmentId: 'e3' });
    expect(link.sent.filter(({ kind }) => kind === 'revoke')).toEqual([
      { kind: 'revoke', executionEnvironmentId: 'e1' },
    ]);
  });

  it('tells the driver of one that nobody was met at', async ({ expect }) => {
    const { driver, link, demand } = makeFleet();
    await demand(1);
    driver.bringUp('e1');
    const dead = { kind: 'dead', executionEnvironmentId: 'e1', message: 'silence' } as const;
    link.say({ ...dead, isLost: true });
    await settle();
    expect([driver.lost, driver.destroyed]).toEqual([['e1'], ['e1']]);
  });

  it('gives nobody one that was found dead while it was asked for', async ({ expect }) => {
    const { driver, link, demand } = makeFleet();
    const ended = Promise.withResolvers<undefined>();
    driver.destroy = () => ended.promise;
    await demand(1);
    driver.bringUp('e1');
    await settle();
    const granted = link.kinds().filter((kind) => kind === 'grant').length;
    link.connect('g2');
    link.say({ kind: 'draining' });
    link.say({ kind: 'dead', executionEnvironmentId: 'e1', message: 'refused', isLost: false });
    link.say({ kind: 'released', executionEnvironmentId: 'e1' });
    await settle();
    expect(link.kinds().filter((kind) => kind === 'grant')).toHaveLength(granted);
    ended.resolve(undefined);
  });

  it('makes one decision of a flood of messages, and the first at once', async ({ expect }) => {
    const { clock, driver, link, demand } = makeFleet({ decisionGapMs: 10 });
    clock.step(10);
    await demand(1);
    expect(driver.created).toHaveLength(1);
    link.sent.length = 0;
    for (let queued = 2; queued <= 5; queued += 1) await demand(queued);
    expect([driver.created.length, link.sent.length]).toEqual([1, 0]);
    clock.step(10);
    await settle();
    expect([driver.created.length, link.kinds()]).toEqual([5, ['outlook']]);
  });

  it('starts few for a first burst, and as many as it takes when these are long busy', async ({
    expect,
  }) => {
    const { clock, driver, link, demand } = makeFleet({
      limits: { accountConcurrency: 100, maxStarting: 50 },
    });
    await demand(20);
    expect(driver.created).toHaveLength(5);
    clock.step(1_000);
    const ids = driver.created.map((one) => one.executionEnvironmentId);
    for (const id of ids) {
      driver.bringUp(id);
      await settle();
    }
    link.say({ kind: 'activity', idle: [], busy: ids });
    await demand(15);
    clock.step(249);
    await settle();
    expect(driver.created).toHaveLength(5);
    clock.step(1);
    await settle();
    expect(driver.created).toHaveLength(20);
  });

  it('starts no more for a first burst whose invocations turn out to be brief', async ({
    expect,
  }) => {
    const { clock, driver, link, demand } = makeFleet();
    await demand(20);
    clock.step(1_000);
    const [first = ''] = driver.created.map((one) => one.executionEnvironmentId);
    driver.bringUp(first);
    link.say({ kind: 'activity', idle: [], busy: [first] });
    link.say({ kind: 'demand', key: KEY, typicalMs: 5, queued: 15 });
    await settle();
    expect(driver.created).toHaveLength(5);
  });

  it('makes no more for brief invocations that are soon served by what there is', async ({
    expect,
  }) => {
    const { clock, driver, link, demand } = makeFleet();
    await demand(1);
    clock.step(4_000);
    driver.bringUp('e1');
    link.say({ kind: 'activity', idle: [], busy: ['e1'] });
    const brief = { kind: 'demand', key: KEY, typicalMs: 800 } as const;
    link.say({ ...brief, queued: 5 });
    clock.step(999);
    await settle();
    link.say({ ...brief, queued: 0 });
    link.say({ ...brief, queued: 5 });
    clock.step(999);
    await settle();
    expect(driver.created).toHaveLength(1);
    clock.step(1);
    await settle();
    // Two are through with the five in half of the time of a start.
    expect(driver.created).toHaveLength(3);
  });

  it('makes more at once for long invocations, and for brief ones of which there is none', async ({
    expect,
  }) => {
    const { driver, link } = makeFleet();
    const told = { kind: 'demand', key: KEY, queued: 1 } as const;
    link.say({ ...told, typicalMs: 10 });
    await settle();
    expect(driver.created).toHaveLength(1);
    driver.bringUp('e1');
    link.say({ kind: 'activity', idle: [], busy: ['e1'] });
    link.say({ ...told, typicalMs: 2_000 });
    await settle();
    expect(driver.created).toHaveLength(2);
  });

  it('makes one in place of many that were lost, where invocations are brief', async ({
    expect,
  }) => {
    const { clock, driver, link, demand } = makeFleet();
    await demand(3);
    clock.step(1_000);
    const ids = ['e1', 'e2', 'e3'];
    for (const id of ids) driver.bringUp(id);
    link.say({ kind: 'activity', idle: [], busy: ids });
    for (const executionEnvironmentId of ids) {
      link.say({ kind: 'dead', executionEnvironmentId, message: 'silence', isLost: true });
    }
    link.say({ kind: 'demand', key: KEY, typicalMs: 2, queued: 16 });
    await settle();
    expect(driver.created).toHaveLength(4);
  });

  it('makes four times as many each time that those that have come were not enough', async ({
    expect,
  }) => {
    const { clock, driver, link } = makeFleet();
    // They were brief until now.
    const told = { kind: 'demand', key: KEY, typicalMs: 2 } as const;
    const made: number[] = [];
    for (const [from, queued] of [
      [0, 10],
      [1, 9],
      [5, 5],
    ] as const) {
      link.say({ ...told, queued });
      await settle();
      made.push(driver.created.length);
      clock.step(1_000);
      const ids = driver.created.map((one) => one.executionEnvironmentId);
      for (const id of ids.slice(from)) {
        driver.bringUp(id);
        await settle();
      }
      link.say({ kind: 'activity', idle: [], busy: ids });
      await settle();
      expect(driver.created).toHaveLength(ids.length);
      clock.step(500);
    }
    expect(made).toEqual([1, 5, 10]);
  });

  it('says to each gateway what has changed for it, not everything to all', async ({ expect }) => {
    const { link, demand } = makeFleet();
    link.connect('g2');
    await demand(3);
    link.sent.length = 0;
    link.sentTo.length = 0;
    for (let queued = 1; queued <= 100; queued += 1) {
      link.say({ kind: 'demand', key: { ...KEY, functionName: 'gone' }, queued }, 'g2');
      await settle();
    }
    expect(link.to('g1')).toEqual([]);
    // Said anew, it is answered anew: the gateway may have forgotten.
    await demand(3);
    expect(link.to('g1')).toMatchObject([{ kind: 'outlook', coming: 3 }]);
  });

  it('asks again when one that is asked says something of itself', async ({ expect }) => {
    const found = [{ executionEnvironmentId: 'old', key: KEY, isProvisioned: false, createdMs: 0 }];
    const { clock, driver, link } = makeFleet({ found, settleMs: 1 });
    const answers: ((probe: ExecutionEnvironmentProbe) => void)[] = [];
    driver.probe = () => new Promise((resolve) => answers.push(resolve));
    link.connect('g1');
    clock.step(1);
    await settle();
    driver.announce({
      kind: 'ready',
      executionEnvironmentId: 'old',
      initDurationMs: 1,
      initOutcome: 'success',
    });
    answers[0]?.({ kind: 'initialising', address: 'a:1', token: 't' });
    await settle();
    answers[1]?.({ kind: 'idle', address: 'a:1', token: 't' });
    await settle();
    expect(link.to('g1').filter(({ kind }) => kind === 'grant')).toHaveLength(1);
  });

  it('tells nobody of an assignment that failed because it was abandoned', async ({ expect }) => {
    const { driver, link, book, fleet, registry, demand } = makeFleet();
    const assigning = Promise.withResolvers<Assigned>();
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
      'mayfly_execution_environments{namespace="default",function="hello",state="idle"} 1',
    );

    book.entries.clear();
    fleet.evaluate();
    link.say({ kind: 'released', executionEnvironmentId: 'e1' });
    await settle();
    expect(await registry.metrics()).not.toContain('mayfly_execution_environments{namespace');
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
    link.say({ kind: 'dead', executionEnvironmentId: 'e1', message: 'reset', isLost: false });
    await settle();
    expect(link.sent).toContainEqual({
      kind: 'lift',
      namespace: 'default',
      functionName: 'hello',
    });
  });
});

const TWO_GATEWAYS = [{ gatewayId: 'g1' }, { gatewayId: 'g2' }];
const HOME = findHome('default/hello', TWO_GATEWAYS)?.gatewayId ?? '';
const OTHER = HOME === 'g1' ? 'g2' : 'g1';

/** Two gateways and one idle execution environment at `holder`. */
async function makeFleetOfTwo(holder = HOME) {
  const made = makeFleet({ settleMs: 0 });
  const { clock, driver, link } = made;
  clock.step(0);
  link.connect(holder);
  link.say({ kind: 'demand', key: KEY, queued: 1 }, holder);
  await settle();
  driver.bringUp('e1');
  await settle();
  return made;
}

const GRANT_OF_E1 = { kind: 'grant', executionEnvironment: { executionEnvironmentId: 'e1' } };

describe('Fleet with several gateways', () => {
  it('tells every gateway who the members are', ({ expect }) => {
    const { link } = makeFleet();
    link.connect('g2');

    const gateways = [
      { gatewayId: 'g1', address: 'g1:1' },
      { gatewayId: 'g2', address: 'g2:1' },
    ];
    expect(link.to('g1').at(-1)).toEqual({ kind: 'members', gateways });
    expect(link.to('g2').at(-1)).toEqual({ kind: 'members', gateways });
  });

  it('moves an idle one to the home that a new gateway is', async ({ expect }) => {
    const { link, driver } = await makeFleetOfTwo(OTHER);
    link.connect(HOME);
    expect(link.to(OTHER)).toContainEqual({ kind: 'revoke', executionEnvironmentId: 'e1' });

    link.say({ kind: 'released', executionEnvironmentId: 'e1' }, OTHER);
    expect(link.to(HOME).at(-1)).toMatchObject(GRANT_OF_E1);
    expect(driver.destroyed).toEqual([]);
  });

  it('makes no new one for a demand that one on its way will serve', async ({ expect }) => {
    const { link, driver } = await makeFleetOfTwo(OTHER);
    link.connect(HOME);
    link.say({ kind: 'demand', key: KEY, queued: 1 }, HOME);
    await settle();

    expect(driver.created).toHaveLength(1);
  });

  it('makes a new one when that on its way has got an invocation meanwhile', async ({ expect }) => {
    const { link, driver } = await makeFleetOfTwo(OTHER);
    link.connect(HOME);
    link.say({ kind: 'activity', idle: [], busy: ['e1'] }, OTHER);
    link.say({ kind: 'demand', key: KEY, queued: 1 }, HOME);
    await settle();
    expect(driver.created).toHaveLength(2);

    link.say({ kind: 'released', executionEnvironmentId: 'e1' }, OTHER);
    expect(link.to(HOME).at(-1)).toMatchObject(GRANT_OF_E1);
  });

  it('moves what a draining gateway holds and names it no member any more', async ({ expect }) => {
    const { link } = await makeFleetOfTwo(HOME);
    link.connect(OTHER);
    link.say({ kind: 'draining' }, HOME);

    expect(link.to(HOME).at(-1)).toEqual({ kind: 'revoke', executionEnvironmentId: 'e1' });
    link.say({ kind: 'released', executionEnvironmentId: 'e1' }, HOME);
    expect(link.to(OTHER).at(-1)).toMatchObject(GRANT_OF_E1);
    expect(link.to(OTHER)).toContainEqual({
      kind: 'members',
      gateways: [{ gatewayId: OTHER, address: `${OTHER}:1` }],
    });
  });

  it('gives an idle one to the gateway that waits, wherever it is', async ({ expect }) => {
    const { link } = await makeFleetOfTwo(HOME);
    link.connect(OTHER);
    link.say({ kind: 'demand', key: KEY, queued: 1 }, OTHER);
    await settle();

    expect(link.to(HOME).at(-1)).toEqual({ kind: 'revoke', executionEnvironmentId: 'e1' });
  });

  it('adopts the idle ones of a gateway that is gone', async ({ expect }) => {
    const { link, driver } = await makeFleetOfTwo(HOME);
    link.connect(OTHER);
    driver.probes.set('e1', { kind: 'idle', address: 'a:1', token: 't' });
    link.disconnect(HOME);
    await settle();

    expect(link.to(OTHER).at(-1)).toMatchObject(GRANT_OF_E1);
  });

  it('waits for the end of what runs before it adopts', async ({ expect }) => {
    const { link, driver, clock } = await makeFleetOfTwo(HOME);
    link.connect(OTHER);
    driver.probes.set('e1', { kind: 'busy', address: 'a:1', token: 't' });
    link.disconnect(HOME);
    await settle();
    expect(link.to(OTHER)).not.toContainEqual(expect.objectContaining({ kind: 'grant' }));

    driver.probes.set('e1', { kind: 'idle', address: 'a:1', token: 't' });
    clock.step(1_000);
    await settle();
    expect(link.to(OTHER).at(-1)).toMatchObject(GRANT_OF_E1);
    expect(driver.destroyed).toEqual([]);
  });

  it('hears nothing of one from a gateway that does not hold it', async ({ expect }) => {
    const { link, driver } = await makeFleetOfTwo(HOME);
    link.connect(OTHER);
    link.say(
      { kind: 'dead', executionEnvironmentId: 'e1', message: 'reset', isLost: false },
      OTHER,
    );
    link.say({ kind: 'released', executionEnvironmentId: 'e1' }, OTHER);
    await settle();

    expect(driver.destroyed).toEqual([]);
  });

  it('takes back what two gateways hold from the one that came later', async ({ expect }) => {
    const { link } = await makeFleetOfTwo(HOME);
    const holding = [{ executionEnvironmentId: 'e1', isBusy: true, idleMs: 0 }];
    link.connect(OTHER, { holding });

    expect(link.to(OTHER)).toContainEqual({ kind: 'revoke', executionEnvironmentId: 'e1' });
    expect(link.to(HOME)).not.toContainEqual({ kind: 'revoke', executionEnvironmentId: 'e1' });
  });

  it('asks an occupied one again until it is free, and grants it anew', async ({ expect }) => {
    const { link, driver, clock } = await makeFleetOfTwo(HOME);
    driver.probes.set('e1', { kind: 'busy', address: 'a:1', token: 't' });
    link.say({ kind: 'occupied', executionEnvironmentId: 'e1' }, HOME);
    clock.step(1_000);
    await settle();
    expect(driver.destroyed).toEqual([]);

    driver.probes.set('e1', { kind: 'idle', address: 'a:1', token: 't' });
    link.sentTo.length = 0;
    clock.step(1_000);
    await settle();
    expect(link.to(HOME).at(-1)).toMatchObject(GRANT_OF_E1);
  });
});

describe('Fleet after another operator', () => {
  const found = [{ executionEnvironmentId: 'e1', key: KEY, isProvisioned: false, createdMs: 0 }];

  async function takeOver(probe: ExecutionEnvironmentProbe) {
    const made = makeFleet({ found, settleMs: 3_000 });
    made.driver.probes.set('e1', probe);
    await settle();
    return made;
  }

  it('counts what it finds before anyone has said hello', async ({ expect }) => {
    const { book, link, driver } = await takeOver({ kind: 'busy', address: 'a:1', token: 't' });
    book.entries.set('default/hello', anEntry({ reservedConcurrency: 1 }));
    link.connect('g1', { demands: [{ key: KEY, queued: 1 }] });
    await settle();

    expect(driver.created).toEqual([]);
    expect(link.to('g1')).toContainEqual(
      expect.objectContaining({ kind: 'outlook', coming: 0, refusal: expect.any(String) }),
    );
  });

  it('leaves what a gateway holds to that gateway', async ({ expect }) => {
    const { clock, link, driver, fleet } = await takeOver({ kind: 'unusable', message: 'x' });
    const holding = [{ executionEnvironmentId: 'e1', isBusy: true, idleMs: 0 }];
    link.connect('g1', { holding });
    clock.step(10_000);
    await settle();

    expect(driver.destroyed).toEqual([]);
    expect(fleet.counts('default/hello').busy).toBe(1);
  });

  it('tells no gateway that the others are gone until they had time to come', ({ expect }) => {
    const { clock, link } = makeFleet({ settleMs: 3_000 });
    link.connect('g1');
    expect(link.sent).toEqual([]);

    clock.step(3_000);
    expect(link.sent).toMatchObject([{ kind: 'members', gateways: [{ gatewayId: 'g1' }] }]);
  });

  it('grants an idle one that nobody has claimed', async ({ expect }) => {
    const { clock, link } = await takeOver({ kind: 'idle', address: 'a:1', token: 't' });
    link.connect('g1');
    clock.step(3_000);
    await settle();

    expect(link.to('g1').at(-1)).toMatchObject(GRANT_OF_E1);
  });

  it('assigns one that still waits', async ({ expect }) => {
    const { clock, link, driver } = await takeOver({ kind: 'waiting', address: 'a:1', token: 't' });
    link.connect('g1');
    clock.step(3_000);
    await settle();
    expect(driver.assigned).toHaveLength(1);

    driver.bringUp('e1');
    await settle();
    expect(link.to('g1').at(-1)).toMatchObject(GRANT_OF_E1);
  });

  it('ends one that does not answer five times, and one of a revision that is no longer served', async ({
    expect,
  }) => {
    const first = await takeOver({ kind: 'unusable', message: 'connection refused' });
    first.link.connect('g1');
    for (const waitMs of [3_000, 1_000, 1_000, 1_000]) {
      first.clock.step(waitMs);
      await settle();
      expect(first.driver.destroyed).toEqual([]);
    }
    first.clock.step(1_000);
    await settle();
    expect(first.driver.destroyed).toEqual(['e1']);

    const second = await takeOver({ kind: 'idle', address: 'a:1', token: 't' });
    second.book.entries.clear();
    second.clock.step(3_000);
    await settle();
    expect(second.driver.destroyed).toEqual(['e1']);
  });

  it('ends nothing when it stops', async ({ expect }) => {
    const { clock, link, driver, fleet } = await takeOver({
      kind: 'idle',
      address: 'a:1',
      token: 't',
    });
    link.connect('g1');
    clock.step(3_000);
    await settle();
    fleet.close();

    expect(driver.destroyed).toEqual([]);
  });
});
