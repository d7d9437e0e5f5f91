import { describe, it } from 'vitest';
import { AsyncQueue } from './async-queue.ts';

describe('AsyncQueue', () => {
  it('gives what was pushed before and after somebody took, in order, until it ends', async ({
    expect,
  }) => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.push(2);
    const taken: number[] = [];
    const taking = (async () => {
      for await (const item of queue) {
        taken.push(item);
        if (item === 2)
          queueMicrotask(() => {
            queue.push(3);
          });
        if (item === 3) queue.end();
      }
    })();
    await taking;
    queue.push(4);
    expect(taken).toEqual([1, 2, 3]);
  });

  it('gives what is left when it has ended already', async ({ expect }) => {
    const queue = new AsyncQueue<string>();
    queue.push('a');
    queue.end();
    expect(await Array.fromAsync(queue)).toEqual(['a']);
  });
});
