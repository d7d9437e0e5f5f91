import { describe, it } from 'vitest';
import { anEntry, KEY, makeFleet, settle } from './testing/fleet-bed.ts';

const VERSION = { ...KEY, revision: 'r1.1' };

function makeVersionedFleet() {
  const bed = makeFleet();
  const latest = anEntry();
  const one = anEntry({ revision: VERSION.revision, version: '1' });
  const revisions = new Map([...latest.revisions, ...one.revisions]);
  const versions = new Map([...latest.versions, ...one.versions]);
  bed.book.entries.set('default/hello', { ...latest, revisions, versions });
  const provision = async (count: number): Promise<void> => {
    bed.book.setProvisioned('default/hello', new Map([['1', count]]));
    bed.fleet.evaluate();
    await settle();
  };
  return { ...bed, provision };
}

describe('provisioned concurrency in the fleet', () => {
  it('is made, told what it is, and granted to the home of the function', async ({ expect }) => {
    const { driver, link, fleet, provision } = makeVersionedFleet();
    await provision(1);
    driver.bringUp('e1');
    await settle();

    expect(driver.created).toMatchObject([{ key: VERSION, isProvisioned: true }]);
    expect(driver.assigned).toMatchObject([
      {
        version: '1',
        initializationType: 'provisioned-concurrency',
        initTimeoutMs: 130_000,
      },
    ]);
    expect(link.to('g1').filter(({ kind }) => kind === 'grant')).toMatchObject([
      { executionEnvironment: { ...VERSION, version: '1', isProvisioned: true } },
    ]);
    expect(fleet.provisioned('default/hello', '1')).toEqual({
      allocated: 1,
      available: 1,
      missing: 0,
    });
  });

  it('says how many run something, and for how many there is no room', async ({ expect }) => {
    const { driver, link, fleet, provision } = makeVersionedFleet();
    await provision(12);
    for (const { executionEnvironmentId } of driver.created) driver.bringUp(executionEnvironmentId);
    link.say({ kind: 'activity', idle: [], busy: ['e1'] });
    await settle();

    expect(fleet.provisioned('default/hello', '1')).toEqual({
      allocated: 10,
      available: 9,
      missing: 2,
    });
  });

  it('goes when it is wanted no more', async ({ expect }) => {
    const { driver, link, provision } = makeVersionedFleet();
    await provision(1);
    driver.bringUp('e1');
    await provision(0);

    expect(link.sent).toContainEqual({ kind: 'revoke', executionEnvironmentId: 'e1' });
  });

  it('is tried again later, and says why, when one cannot be started', async ({ expect }) => {
    const { driver, fleet, clock, provision } = makeVersionedFleet();
    driver.create = () => Promise.reject(new Error('no such image'));
    await provision(1);
    const { failure } = fleet.provisioned('default/hello', '1');
    expect(failure).toMatchObject({ message: 'no such image' });
    expect(fleet.startFailure('default/hello')).toBeUndefined();
    let tries = 0;
    driver.create = () => {
      tries += 1;
      return Promise.resolve();
    };
    fleet.evaluate();
    await settle();
    expect(tries).toBe(0);
    clock.step(1_000);
    await settle();
    expect(tries).toBe(1);
  });
});

describe('the rate of creations', () => {
  it('lets so many start in a second, and the others when it allows them', async ({ expect }) => {
    const { driver, clock, demand } = makeFleet({ limits: { startsPerSecond: 2 } });
    await demand(5);
    expect(driver.created).toHaveLength(2);
    clock.step(500);
    await settle();
    expect(driver.created).toHaveLength(3);
    clock.step(1_000);
    await settle();
    expect(driver.created).toHaveLength(5);
  });
});
