import type { ObjectKey } from '@mayfly/core';
import { aFunction, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { CountsStatusWriter } from './counts-status-writer.ts';

function makeWriter() {
  const clock = new FakeClock();
  const written: string[] = [];
  const functions = { list: () => [aFunction()].values() };
  const runner = { enqueue: ({ name }: ObjectKey) => written.push(name) };
  const writer = new CountsStatusWriter(clock, functions, runner);
  return { clock, written, writer };
}

const ID = 'default/hello';

describe('counts in a status', () => {
  it('are written within a second when there are more or fewer', ({ expect }) => {
    const { clock, written, writer } = makeWriter();
    for (let ready = 0; ready < 5; ready += 1) writer.note(ID, { desired: 5, ready });
    expect(written).toEqual([]);
    clock.step(1_000);
    expect(written).toHaveLength(1);
  });

  it('are written twice a minute when only those that are busy change', ({ expect }) => {
    const { clock, written, writer } = makeWriter();
    writer.note(ID, { desired: 1, ready: 1 });
    clock.step(1_000);
    for (let second = 0; second < 60; second += 1) {
      writer.note(ID, { desired: 1, ready: 1 });
      clock.step(1_000);
    }
    expect(written.length).toBeLessThanOrEqual(3);
    clock.step(30_000);
    expect(written.length).toBeGreaterThanOrEqual(2);
  });

  it('are remembered of no function that has none', ({ expect }) => {
    const { clock, written, writer } = makeWriter();
    writer.note(ID, { desired: 0, ready: 0 });
    writer.note(ID, { desired: 0, ready: 0 });
    clock.step(1_000);
    expect(written).toHaveLength(1);
  });
});
