import { describe, it } from 'vitest';
import { StopList } from './stop-list.ts';

describe('StopList', () => {
  it('stops in the reverse order of the start, once', async ({ expect }) => {
    const stops = new StopList();
    const order: string[] = [];
    for (const name of ['a', 'b']) stops.add(name, (verb) => void order.push(`${verb} ${name}`));

    await Promise.all([stops.stop('close'), stops.stop('close')]);

    expect(order).toEqual(['close b', 'close a']);
  });

  it('stops the rest when one part fails, and names that part', async ({ expect }) => {
    const stops = new StopList();
    let isStopped = false;
    stops.add('first', () => void (isStopped = true));
    stops.add('second', () => Promise.reject(new Error('stuck')));

    await expect(stops.stop('destroy')).rejects.toThrow('stopping the second');
    expect(isStopped).toBe(true);
  });
});
