import type { OperatorMessage } from '@mayfly/core';
import { describe, it } from 'vitest';
import { KEY, makeFleet, settle } from './testing/fleet-bed.ts';

const WAITING = {
  kind: 'waiting',
  executionEnvironmentId: 'e1',
  address: 'a:1',
  token: 't',
} as const;
const READY = {
  kind: 'ready',
  executionEnvironmentId: 'e1',
  initDurationMs: 5,
  initOutcome: 'success',
} as const;
const GONE = {
  kind: 'gone',
  executionEnvironmentId: 'e1',
  message: 'the archive is damaged',
} as const;
const DEAD = {
  kind: 'dead',
  executionEnvironmentId: 'e1',
  message: 'it refused',
  isLost: false,
} as const;

/** A fleet whose first execution environment has taken its assignment, and takes invocations. */
async function makeAssigned(): Promise<ReturnType<typeof makeFleet>> {
  const world = makeFleet();
  world.driver.holdsInvocations = true;
  await world.demand(1);
  world.driver.announce(WAITING);
  await settle();
  return world;
}

function grantsIn(messages: readonly OperatorMessage[]): OperatorMessage[] {
  return messages.filter(({ kind }) => kind === 'grant');
}

describe('an execution environment that takes invocations before it is ready', () => {
  it('is granted when it has its assignment, once', async ({ expect }) => {
    const { driver, link, clock, fleet } = await makeAssigned();
    expect(grantsIn(link.sent)).toMatchObject([
      { executionEnvironment: { executionEnvironmentId: 'e1', start: { initMs: 0 } } },
    ]);
    link.say({ kind: 'activity', idle: [], busy: ['e1'] });
    expect(fleet.counts('default/hello')).toEqual({ desired: 1, ready: 1, busy: 1 });
    driver.announce(READY);
    await settle();
    link.say({ kind: 'activity', idle: ['e1'], busy: [] });
    clock.step(1_000);
    await settle();
    expect(grantsIn(link.sent)).toHaveLength(1);
    expect(fleet.counts('default/hello')).toEqual({ desired: 1, ready: 1, busy: 0 });
    expect(driver.created).toHaveLength(1);
  });

  it('is granted when it is ready where nobody waits any more', async ({ expect }) => {
    const { driver, link, demand } = makeFleet();
    driver.holdsInvocations = true;
    await demand(1);
    await demand(0);
    driver.announce(WAITING);
    await settle();
    expect(grantsIn(link.sent)).toEqual([]);
    driver.announce(READY);
    await settle();
    expect(grantsIn(link.sent)).toHaveLength(1);
  });

  it('is waited for by nobody else while init runs', async ({ expect }) => {
    const { driver, link } = await makeAssigned();
    link.say({ kind: 'demand', key: KEY, queued: 2, typicalMs: 1 });
    await settle();
    // As it was while it started: brief invocations do not wait for what has not served any yet. One is enough for two.
    expect(driver.created).toHaveLength(2);
  });

  it('fails as a start does when it ends before it is ready', async ({ expect }) => {
    const { driver, link, fleet, demand } = await makeAssigned();
    driver.announce(GONE);
    await settle();
    expect(fleet.startFailure('default/hello')).toMatchObject({ message: GONE.message });
    link.sent.length = 0;
    // The invocation that it held waits again.
    await demand(1);
    expect(link.sent[0]).toMatchObject({ kind: 'unavailable', message: GONE.message });
    expect(driver.created).toHaveLength(1);
  });

  it('says itself what became of it when its gateway has found it dead', async ({ expect }) => {
    const { driver, link, fleet, demand } = await makeAssigned();
    link.say(DEAD);
    await demand(1);
    expect(driver.destroyed).toEqual([]);
    expect(driver.created).toHaveLength(1);
    driver.announce(GONE);
    await settle();
    expect(link.sent.find(({ kind }) => kind === 'unavailable')).toMatchObject({
      message: GONE.message,
    });
    expect(fleet.hasAny('default/hello')).toBe(false);
  });

  it('is granted anew when it is ready although its gateway has found it dead', async ({
    expect,
  }) => {
    const { driver, link, demand } = await makeAssigned();
    link.say(DEAD);
    await demand(1);
    driver.announce(READY);
    await settle();
    expect(grantsIn(link.sent)).toHaveLength(2);
    expect(driver.destroyed).toEqual([]);
  });

  it('is given up when it has been found dead and says nothing', async ({ expect }) => {
    const { driver, link, clock, demand } = await makeAssigned();
    link.say(DEAD);
    await demand(1);
    clock.step(6_000);
    await settle();
    expect(driver.destroyed).toEqual(['e1']);
    expect(link.kinds()).toContain('unavailable');
  });

  it('is given up when it is not ready in time', async ({ expect }) => {
    const { driver, clock, fleet } = await makeAssigned();
    for (let n = 0; n < 400; n += 1) clock.step(1_000);
    await settle();
    expect(driver.destroyed).toEqual(['e1']);
    expect(fleet.startFailure('default/hello')).toMatchObject({ reason: 'NotReadyInTime' });
  });

  it('ends as any other once it is ready', async ({ expect }) => {
    const { driver, link } = await makeAssigned();
    driver.announce(READY);
    link.say(DEAD);
    await settle();
    expect(driver.destroyed).toEqual(['e1']);
  });

  it('finds another holder when its gateway goes before it is ready', async ({ expect }) => {
    const { driver, link, clock } = await makeAssigned();
    driver.probes.set('e1', { kind: 'initialising', address: 'a:1', token: 't' });
    link.connect('g2');
    link.disconnect('g1');
    await settle();
    driver.announce(READY);
    clock.step(1_000);
    await settle();
    expect(grantsIn(link.to('g2'))).toHaveLength(1);
  });
});
