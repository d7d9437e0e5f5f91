import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { AnswerCache } from './answer-cache.ts';

/** Somebody far away who answers with whether the question's number is below a limit, or not at all. */
function makeWorld() {
  const clock = new FakeClock();
  const world = { clock, asked: 0, answer: true, isDown: false, errors: 0 };
  const cache = new AnswerCache<boolean>({
    clock,
    freshForMs: (isAllowed) => (isAllowed ? 10_000 : 2000),
    onError: () => {
      world.errors += 1;
    },
  });
  const get = (key = 'key'): Promise<boolean> =>
    cache.get(key, () => {
      world.asked += 1;
      return world.isDown ? Promise.reject(new Error('down')) : Promise.resolve(world.answer);
    });
  return { world, clock, cache, get };
}

describe('AnswerCache', () => {
  it('asks once for as long as the answer is fresh', async ({ expect }) => {
    const { world, clock, get } = makeWorld();
    await Promise.all([get(), get()]);
    clock.step(4999);
    expect(await get()).toBe(true);
    expect(world.asked).toBe(1);
    expect(await get('other')).toBe(true);
    expect(world.asked).toBe(2);
  });

  it('renews what is in use before it ends, and nobody waits for that', async ({ expect }) => {
    const { world, clock, get } = makeWorld();
    await get();
    clock.step(5000);
    world.answer = false;
    expect(await get()).toBe(true);
    expect(await get()).toBe(false);
    expect(world.asked).toBe(2);
  });

  it('waits for a new answer when the last one is old', async ({ expect }) => {
    const { world, clock, get } = makeWorld();
    await get();
    clock.step(10_000);
    world.answer = false;
    expect(await get()).toBe(false);
    clock.step(2000);
    world.answer = true;
    expect(await get()).toBe(true);
  });

  it('goes on with the last answer for 5 minutes while there is none', async ({ expect }) => {
    const { world, clock, get } = makeWorld();
    await get();
    world.isDown = true;
    clock.step(10_000);
    expect(await get()).toBe(true);
    expect(world.errors).toBe(1);
    clock.step(1999);
    expect(await get()).toBe(true);
    expect(world.asked).toBe(2);
    clock.step(288_000);
    expect(await get()).toBe(true);
    clock.step(2001);
    await expect(get()).rejects.toThrow('down');
    world.isDown = false;
    expect(await get()).toBe(true);
  });

  it('remembers no failure, and lets nobody in by one', async ({ expect }) => {
    const { world, get } = makeWorld();
    world.isDown = true;
    await expect(get()).rejects.toThrow('down');
    world.isDown = false;
    expect(await get()).toBe(true);
  });

  it('asks no more than 200 questions at a time', async ({ expect }) => {
    const { cache } = makeWorld();
    const open = Promise.withResolvers<boolean>();
    const asked = Array.from({ length: 200 }, (_, index) =>
      cache.get(index.toString(), () => open.promise),
    );
    await expect(cache.get('one more', () => open.promise)).rejects.toThrow('too many wait');
    open.resolve(true);
    expect((await Promise.all(asked)).every(Boolean)).toBe(true);
    expect(await cache.get('one more', () => open.promise)).toBe(true);
  });

  it('forgets the oldest beyond ten thousand', async ({ expect }) => {
    const { world, cache, get } = makeWorld();
    for (let index = 0; index <= 10_000; index += 1) await get(index.toString());
    expect(cache.size).toBe(10_000);
    await get('10000');
    expect(world.asked).toBe(10_001);
    await get('0');
    expect(world.asked).toBe(10_002);
  });
});
