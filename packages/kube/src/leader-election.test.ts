import type { Clock } from '@mayfly/core';
import { FakeClock } from '@mayfly/testkit';
import fc from 'fast-check';
import { describe, it, onTestFinished } from 'vitest';
import { LeaderElection } from './leader-election.ts';
import { MemoryLease, type LeaseLink } from './testing/memory-lease.ts';

const LEASE_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;

interface Candidate {
  readonly election: LeaderElection;
  readonly link: LeaseLink;
  /** What has happened to it, in order. */
  readonly events: string[];
  readonly errors: unknown[];
  /** Of its latest leadership. */
  readonly signal: () => AbortSignal | undefined;
}

/** Time goes on for all alike, but what it is called is anybody's own. */
class SkewedClock implements Clock {
  offsetMs = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.offsetMs;
  }

  after(delayMs: number, callback: () => void): ReturnType<Clock['after']> {
    return this.#clock.after(delayMs, callback);
  }

  every(periodMs: number, callback: () => void): ReturnType<Clock['every']> {
    return this.#clock.every(periodMs, callback);
  }
}

function makeCandidate(identity: string, lease: MemoryLease, clock: Clock): Candidate {
  const events: string[] = [];
  const errors: unknown[] = [];
  const link = lease.link();
  let signal: AbortSignal | undefined;
  const election = new LeaderElection({
    leases: link,
    identity,
    clock,
    onStartedLeading: (leading) => {
      signal = leading;
      events.push('leads');
    },
    onLost: () => events.push('lost'),
    onError: (error) => errors.push(error),
  });
  return { election, link, events, errors, signal: () => signal };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 40; i += 1) await Promise.resolve();
}

/** Passes time in small steps, so that everybody gets their turn. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 500) {
    clock.step(Math.min(500, ms - passedMs));
    await settle();
  }
}

interface World {
  readonly lease: MemoryLease;
  readonly clock: FakeClock;
  readonly first: Candidate;
  readonly second: Candidate;
}

/** The first leads, the second stands by. */
async function useTwo(): Promise<World> {
  const lease = new MemoryLease();
  const clock = new FakeClock();
  const first = makeCandidate('first', lease, clock);
  const second = makeCandidate('second', lease, clock);
  onTestFinished(async () => {
    for (const { link } of [first, second]) link.state = 'up';
    await Promise.all([first.election.close(), second.election.close()]);
  });
  first.election.start();
  await settle();
  second.election.start();
  await settle();
  return { lease, clock, first, second };
}

describe('a candidate', () => {
  it('leads at once when there is no Lease', async ({ expect }) => {
    const { lease, first, second } = await useTwo();
    expect([first.election.isLeading, second.election.isLeading]).toEqual([true, false]);
    expect(lease.record).toMatchObject({
      holder: 'first',
      durationMs: LEASE_MS,
      renewTime: '2026-01-01T00:00:00.000000Z',
      transitions: 0,
    });
  });

  it('renews for as long as it leads', async ({ expect }) => {
    const { lease, clock, first, second } = await useTwo();
    await pass(clock, 10 * LEASE_MS);
    expect([first.events, second.events]).toEqual([['leads'], []]);
    expect(lease.record).toMatchObject({ holder: 'first', transitions: 0 });
    expect(Date.parse(lease.record?.renewTime ?? '')).toBeGreaterThan(clock.now() - 2 * RETRY_MS);
  });

  it('of two that make the Lease at the same moment, one leads', async ({ expect }) => {
    const lease = new MemoryLease();
    const clock = new FakeClock();
    const candidates = ['a', 'b', 'c'].map((identity) => makeCandidate(identity, lease, clock));
    for (const { election } of candidates) election.start();
    await pass(clock, 3 * RETRY_MS);
    expect(candidates.filter(({ election }) => election.isLeading)).toHaveLength(1);
    expect(candidates.flatMap(({ errors }) => errors)).toEqual([]);
    await Promise.all(candidates.map(({ election }) => election.close()));
  });

  it('starts once, however often it is told to', async ({ expect }) => {
    const { clock, first } = await useTwo();
    first.election.start();
    await pass(clock, RETRY_MS);
    expect(first.events).toEqual(['leads']);
  });
});

describe('a leader', () => {
  it.for(['refuses', 'hangs', 'hangs after the write'] as const)(
    'that cannot renew (the API server %s) stops after its deadline, before another one leads',
    async (state, { expect }) => {
      const { lease, clock, first, second } = await useTwo();
      first.link.state = state;
      // It has renewed at 0.
      await pass(clock, RENEW_DEADLINE_MS - 500);
      expect(first.election.isLeading).toBe(true);
      await pass(clock, 500);
      expect(first.events).toEqual(['leads', 'lost']);
      expect(first.signal()?.aborted).toBe(true);
      expect(second.election.isLeading).toBe(false);
      first.link.state = 'refuses';
      await pass(clock, LEASE_MS + 2 * RETRY_MS);
      expect(second.election.isLeading).toBe(true);
      expect(lease.record).toMatchObject({ holder: 'second', transitions: 1 });
      expect(first.errors).not.toEqual([]);
    },
  );

  it('whose last request hangs does not hold on until that is given up', async ({ expect }) => {
    const { clock, first } = await useTwo();
    first.link.state = 'refuses';
    await pass(clock, RENEW_DEADLINE_MS - RETRY_MS);
    first.link.state = 'hangs';
    await pass(clock, RETRY_MS);
    expect(first.events).toEqual(['leads', 'lost']);
  });

  it('that hears too late that it has renewed leads only once it has renewed again', async ({
    expect,
  }) => {
    const { clock, first } = await useTwo();
    const { update } = first.link;
    const late = Promise.withResolvers<undefined>();
    // Deaf to its signal, as a process that was suspended.
    first.link.update = async (record) => {
      first.link.update = update;
      const written = await update(record, new AbortController().signal);
      await late.promise;
      return written;
    };
    await pass(clock, RETRY_MS + RENEW_DEADLINE_MS);
    expect(first.events).toEqual(['leads', 'lost']);
    let renewals = 0;
    first.link.update = (record, signal) => {
      renewals += 1;
      return update(record, signal);
    };
    late.resolve(undefined);
    await settle();
    expect([first.events, renewals]).toEqual([['leads', 'lost', 'leads'], 1]);
  });

  it('goes on when the API server takes four and a half seconds for every answer', async ({
    expect,
  }) => {
    const lease = new MemoryLease();
    const clock = new FakeClock();
    const slow = makeCandidate('slow', lease, clock);
    const { get, create, update } = slow.link;
    let isSlow = true;
    const wait = async (): Promise<void> => {
      if (!isSlow) return;
      await new Promise<void>((resolve) => {
        clock.after(4_500, resolve);
      });
    };
    slow.link.get = (signal) => wait().then(() => get(signal));
    slow.link.create = (record, signal) => wait().then(() => create(record, signal));
    slow.link.update = (record, signal) => wait().then(() => update(record, signal));
    onTestFinished(async () => {
      isSlow = false;
      const closed = slow.election.close();
      clock.step(5_000);
      await closed;
    });
    slow.election.start();
    await pass(clock, 200_000);
    expect(slow.events).toEqual(['leads']);
  });

  it('that could renew again in time goes on', async ({ expect }) => {
    const { clock, first, second } = await useTwo();
    first.link.state = 'refuses';
    await pass(clock, RENEW_DEADLINE_MS - 2 * RETRY_MS);
    first.link.state = 'up';
    await pass(clock, 2 * LEASE_MS);
    expect([first.events, second.events]).toEqual([['leads'], []]);
  });

  it('whose Lease somebody else has taken stops when it sees that', async ({ expect }) => {
    const { lease, clock, first } = await useTwo();
    const { record } = lease;
    if (record === undefined) throw new Error('there is no Lease');
    lease.record = { ...record, holder: 'stranger', resourceVersion: 'x' };
    await pass(clock, RETRY_MS);
    expect(first.events).toEqual(['leads', 'lost']);
  });

  it('whose Lease was deleted makes it again, or stops', async ({ expect }) => {
    const { lease, clock, first, second } = await useTwo();
    lease.record = undefined;
    await pass(clock, 2 * RETRY_MS);
    expect(lease).toHaveProperty('record.holder', first.election.isLeading ? 'first' : 'second');
    expect(second.election.isLeading).toBe(!first.election.isLeading);
  });

  it('leads again when it finds the Lease still its own', async ({ expect }) => {
    const { clock, first, second } = await useTwo();
    first.link.state = 'refuses';
    await pass(clock, RENEW_DEADLINE_MS);
    first.link.state = 'up';
    await pass(clock, RETRY_MS);
    expect([first.events, second.events]).toEqual([['leads', 'lost', 'leads'], []]);
  });
});

describe('a candidate that closes', () => {
  it('gives the Lease back, so that the next one leads within a retry', async ({ expect }) => {
    const { lease, clock, first, second } = await useTwo();
    await first.election.close();
    expect(lease.record).toMatchObject({ holder: '', transitions: 0 });
    expect(first.signal()?.aborted).toBe(true);
    // It has not lost what it gave.
    expect(first.events).toEqual(['leads']);
    await pass(clock, RETRY_MS);
    expect(second.election.isLeading).toBe(true);
    expect(lease.record).toMatchObject({ holder: 'second', transitions: 1 });
  });

  it('leaves the Lease of another alone, and no timer behind', async ({ expect }) => {
    const { lease, clock, first, second } = await useTwo();
    await second.election.close();
    expect(lease.record?.holder).toBe('first');
    await first.election.close();
    await first.election.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not wait for a request that hangs, and gives back what that has written', async ({
    expect,
  }) => {
    const lease = new MemoryLease();
    const clock = new FakeClock();
    const { election, link, events } = makeCandidate('us', lease, clock);
    link.create = (record, signal) => {
      const writing = lease.link();
      writing.state = 'hangs after the write';
      return writing.create(record, signal);
    };
    election.start();
    await settle();
    expect([lease.record?.holder, events]).toEqual(['us', []]);
    await election.close();
    expect([lease.record?.holder, clock.pendingTimers]).toEqual(['', 0]);
  });

  it.for([
    ['refuses', 'connection refused'],
    ['hangs', 'giving the Lease back: no answer in time'],
  ] as const)(
    'says so when it cannot give the Lease back (the API server %s)',
    async ([state, message], { expect }) => {
      const { clock, first } = await useTwo();
      first.link.state = state;
      const closing = first.election.close();
      await settle();
      clock.step(RENEW_DEADLINE_MS);
      await closing;
      expect(first.errors).toMatchObject([{ message }]);
    },
  );
});

describe('candidates', () => {
  const STATES = ['up', 'up', 'refuses', 'hangs', 'hangs after the write'] as const;
  const move = fc.record({
    // Whoever leads, or one of three.
    who: fc.constantFrom(-1, -1, 0, 1, 2),
    act: fc.oneof(
      fc.constantFrom(...STATES).map((state) => ({ state })),
      // Clocks are set: by seconds, by hours, forward and back.
      fc.constantFrom(-7_200_000, -5_000, 5_000, 20_000, 7_200_000).map((setMs) => ({ setMs })),
    ),
    thenMs: fc.constantFrom(500, 1_000, 3_000, 9_500, 16_000),
  });

  it('never lead two at a time, whatever fails and whatever their clocks say', async ({
    expect,
  }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 20, size: 'max' }), async (moves) => {
        const lease = new MemoryLease();
        const clock = new FakeClock();
        const clocks = [0, 1, 2].map(() => new SkewedClock(clock));
        const all = clocks.map((own, i) => makeCandidate(`c${String(i)}`, lease, own));
        for (const { election } of all) {
          election.start();
          // Not in step with each other.
          await pass(clock, 500);
        }
        for (const { who, act, thenMs } of moves) {
          const index = who < 0 ? all.findIndex(({ election }) => election.isLeading) : who;
          const [candidate, own] = [all[index], clocks[index]];
          if ('state' in act && candidate) candidate.link.state = act.state;
          if ('setMs' in act && own) own.offsetMs += act.setMs;
          for (let passedMs = 0; passedMs < thenMs; passedMs += 500) {
            clock.step(500);
            await settle();
            expect(all.filter(({ election }) => election.isLeading).length).toBeLessThan(2);
          }
        }
        for (const { link } of all) link.state = 'up';
        await pass(clock, LEASE_MS + RENEW_DEADLINE_MS + 3 * RETRY_MS);
        // And there is one in the end.
        expect(all.filter(({ election }) => election.isLeading)).toHaveLength(1);
        await Promise.all(all.map(({ election }) => election.close()));
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
