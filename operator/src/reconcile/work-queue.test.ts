import { FakeClock } from '@mayfly/testkit';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

function makeQueue(): { clock: FakeClock; queue: WorkQueue } {
  const clock = new FakeClock();
  return { clock, queue: new WorkQueue(clock, () => undefined) };
}

describe('WorkQueue', () => {
  it('holds a key once however often it is added', ({ expect }) => {
    const { queue } = makeQueue();
    queue.add('a');
    queue.add('a');

    expect(queue.take()).toBe('a');
    expect(queue.take()).toBeUndefined();
  });

  it('keeps a key that changes during its work until the work is finished', ({ expect }) => {
    const { queue } = makeQueue();
    queue.add('a');
    queue.take();
    queue.add('a');

    expect(queue.take()).toBeUndefined();
    queue.finish('a', 'succeeded');
    expect(queue.take()).toBe('a');
  });

  it('doubles the wait with each failure in a row and starts anew after a success', ({
    expect,
  }) => {
    const { clock, queue } = makeQueue();
    const failOnce = (waitMs: number): void => {
      queue.take();
      queue.finish('a', 'failed');
      clock.step(waitMs - 1);
      expect(queue.take()).toBeUndefined();
      clock.step(1);
    };
    queue.add('a');
    failOnce(50);
    failOnce(100);
    queue.take();
    queue.finish('a', 'succeeded');
    queue.add('a');
    failOnce(50);
  });

  it('takes the earlier of two wake-ups', ({ expect }) => {
    const { clock, queue } = makeQueue();
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 10);
    clock.step(10);

    expect(queue.take()).toBe('a');
    expect(clock.pendingTimers).toBe(0);
  });

  it('forgets everything when it is closed', ({ expect }) => {
    const { clock, queue } = makeQueue();
    queue.add('a');
    queue.addAfter('b', 10);
    queue.close();
    clock.step(100);
    queue.add('c');

    expect(queue.take()).toBeUndefined();
  });

  it('never hands out a key that is worked on, and loses none', ({ expect }) => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key: fc.constantFrom('a', 'b') }),
      fc.constant({ do: 'take' as const }),
      fc.record({ do: fc.constant('finish' as const), key: fc.constantFrom('a', 'b') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { queue } = makeQueue();
        const working = new Set<string>();
        const wanted = new Set<string>();
        for (const s of steps) {
          if (s.do === 'add') {
            queue.add(s.key);
            wanted.add(s.key);
          } else if (s.do === 'take') {
            const key = queue.take();
            expect(working.has(key ?? '')).toBe(false);
            if (key !== undefined) {
              working.add(key);
              wanted.delete(key);
            }
          } else if (working.delete(s.key)) queue.finish(s.key, 'succeeded');
        }
        for (const key of working) queue.finish(key, 'succeeded');
        const rest = new Set([queue.take(), queue.take()].filter((k) => k !== undefined));
        expect(rest).toEqual(wanted);
      }),
    );
  });
});
