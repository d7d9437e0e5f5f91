import { describe, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';

describe('FakeClock', () => {
  it('stands still until it is stepped', ({ expect }) => {
    const clock = new FakeClock(1000);
    let calls = 0;
    clock.after(0, () => (calls += 1));
    expect([clock.now(), calls]).toEqual([1000, 0]);
    clock.step(5);
    expect([clock.now(), calls]).toEqual([1005, 1]);
  });

  it('calls back in order of time, at the time that was asked for', ({ expect }) => {
    const clock = new FakeClock(0);
    const seen: [string, number][] = [];
    clock.after(30, () => seen.push(['late', clock.now()]));
    clock.after(10, () => seen.push(['early', clock.now()]));
    clock.after(10, () => seen.push(['second', clock.now()]));
    clock.step(100);
    expect(seen).toEqual([
      ['early', 10],
      ['second', 10],
      ['late', 30],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs timers that callbacks start within the same step', ({ expect }) => {
    const clock = new FakeClock(0);
    const seen: number[] = [];
    clock.after(10, () => clock.after(10, () => seen.push(clock.now())));
    clock.step(20);
    expect(seen).toEqual([20]);
  });

  it('repeats until it is cancelled, also from its own callback', ({ expect }) => {
    const clock = new FakeClock(0);
    const seen: number[] = [];
    const timer = clock.every(10, () => {
      seen.push(clock.now());
      if (seen.length === 3) timer.cancel();
    });
    clock.step(100);
    expect(seen).toEqual([10, 20, 30]);
  });

  it('forgets a cancelled timer', ({ expect }) => {
    const clock = new FakeClock(0);
    let calls = 0;
    const timer = clock.after(10, () => (calls += 1));
    timer.cancel();
    timer.cancel();
    clock.step(20);
    expect(calls).toBe(0);
  });
});
