import { describe, it } from 'vitest';
import { KeyedTurns } from './keyed-turns.ts';

describe('KeyedTurns', () => {
  it('runs work of one key in turn, and of others meanwhile', async ({ expect }) => {
    const turns = new KeyedTurns();
    const order: string[] = [];
    const first = Promise.withResolvers<undefined>();
    const a = turns.run('a', async () => {
      await first.promise;
      order.push('a1');
    });
    const a2 = turns.run('a', () => Promise.resolve(order.push('a2')));
    await turns.run('b', () => Promise.resolve(order.push('b')));
    first.resolve(undefined);
    await Promise.all([a, a2]);
    expect(order).toEqual(['b', 'a1', 'a2']);
  });

  it('goes on after a failure', async ({ expect }) => {
    const turns = new KeyedTurns();
    const failing = turns.run('a', () => Promise.reject(new Error('no')));
    const next = turns.run('a', () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });
});
