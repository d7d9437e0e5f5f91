import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { LostNodes } from './lost-nodes.ts';

describe('lost nodes', () => {
  it('are avoided for a minute after they were last noted, the latest first', ({ expect }) => {
    const clock = new FakeClock();
    const nodes = new LostNodes(clock);
    nodes.note('a');
    clock.step(30_000);
    nodes.note('b');
    expect(nodes.avoided()).toEqual(['b', 'a']);
    clock.step(10_000);
    nodes.note('a');
    expect(nodes.avoided()).toEqual(['a', 'b']);
    clock.step(50_000);
    expect(nodes.avoided()).toEqual(['a']);
    clock.step(10_000);
    expect(nodes.avoided()).toEqual([]);
  });

  it('are news to what was made before', ({ expect }) => {
    const clock = new FakeClock();
    const nodes = new LostNodes(clock);
    const startMs = clock.now();
    clock.step(10);
    nodes.note('a');
    const lost = [9, 10, 11].map((madeMs) => nodes.wasLostAfter('a', startMs + madeMs));
    expect(lost).toEqual([true, true, false]);
    expect(nodes.wasLostAfter('b', 0)).toBe(false);
  });

  it('are not more than a pod can name', ({ expect }) => {
    const nodes = new LostNodes(new FakeClock());
    for (let n = 0; n < 100; n += 1) nodes.note(`n${String(n)}`);
    expect(nodes.avoided()).toHaveLength(20);
    expect(nodes.avoided()[0]).toBe('n99');
  });
});
