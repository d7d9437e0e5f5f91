import { describe, it } from 'vitest';
import { IdleList } from './idle-list.ts';

function slot(isProvisioned: boolean) {
  return { executionEnvironment: { isProvisioned } };
}

describe('IdleList', () => {
  it('gives provisioned ones first, and of each kind the most recently used', ({ expect }) => {
    const list = new IdleList<ReturnType<typeof slot>>();
    const [old, young, ahead] = [slot(false), slot(false), slot(true)];
    for (const each of [ahead, old, young]) list.push(each);
    expect(list.length).toBe(3);
    expect([list.pop(), list.pop(), list.pop(), list.pop()]).toEqual([
      ahead,
      young,
      old,
      undefined,
    ]);
  });

  it('gives none that has been removed', ({ expect }) => {
    const list = new IdleList<ReturnType<typeof slot>>();
    const [one, other, unknown] = [slot(true), slot(false), slot(false)];
    list.push(one);
    list.push(other);
    for (const each of [one, unknown]) list.remove(each);
    expect(list.pop()).toBe(other);
    expect(list.pop()).toBeUndefined();
  });
});
