import { aFunction, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { FakeFunctionStore } from '../testing/fake-function-store.ts';
import { isSeen, Sightings, type Sighting } from './sightings.ts';
import { watchObjects } from './watch-objects.ts';
import { makeLogger } from '@mayfly/telemetry';

const META = { namespace: 'default', name: 'hello', uid: 'u1' };
const asked = (resourceVersion: string | undefined): Sighting => ({
  kind: 'Function',
  ...META,
  resourceVersion,
});
const known = (metadata: object) => ({
  metadata: { ...META, resourceVersion: '10', ...metadata },
});

describe('a state of an object', () => {
  it.for([
    ['the same version', asked('10'), known({}), true],
    ['a later one', asked('9'), known({}), true],
    ['an earlier one', asked('11'), known({}), false],
    ['one with more digits', asked('101'), known({ resourceVersion: '99' }), false],
    ['nothing there yet', asked('10'), undefined, false],
    ['another object of that name', asked('10'), known({ uid: 'u2' }), false],
    ['gone, and nothing there', asked(undefined), undefined, true],
    ['gone, and it is there', asked(undefined), known({}), false],
    ['gone, and it is on its way', asked(undefined), known({ deletionTimestamp: 'now' }), true],
    ['gone, and another is there', asked(undefined), known({ uid: 'u2' }), true],
  ] as const)('is seen or not: %s', ([, sighting, object, expected], { expect }) => {
    expect(isSeen(sighting, object)).toBe(expected);
  });
});

describe('sightings', () => {
  const HELLO = aFunction();
  const { namespace, name, uid } = HELLO.metadata;

  async function useSightings(onTestFinished: (fn: () => void) => void) {
    const store = new FakeFunctionStore([]);
    const clock = new FakeClock();
    const logger = makeLogger({ level: 'silent', pretty: false });
    const watch = watchObjects({ store: store.port, clock, logger });
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    await watch.start(stop.signal);
    return { store, clock, sightings: new Sightings({ informers: watch.informers, clock }) };
  }

  it('end when the watch brings the state, and when time is up', async ({
    expect,
    onTestFinished,
  }) => {
    const { store, clock, sightings } = await useSightings(onTestFinished);
    const wanted = { kind: 'Function', namespace, name, uid } as const;
    const { resourceVersion } = HELLO.metadata;
    const seen = sightings.see({ ...wanted, resourceVersion }, 1000);
    store.put(HELLO);
    expect(await seen).toBe(true);

    const never = sightings.see({ ...wanted, resourceVersion: `${resourceVersion}0` }, 1000);
    clock.step(1000);
    expect(await never).toBe(false);
  });
});
