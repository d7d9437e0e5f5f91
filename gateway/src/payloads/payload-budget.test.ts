import { describe, it } from 'vitest';
import { PayloadBudget } from './payload-budget.ts';

const MiB = 1024 * 1024;

describe('PayloadBudget', () => {
  it('counts what is held, and has room again for what is released', ({ expect }) => {
    const budget = new PayloadBudget(4 * MiB);
    const [one, other] = [budget.open(), budget.open()];
    expect([one.resize(2 * MiB), other.resize(2 * MiB)]).toEqual([true, false]);
    expect(budget.heldBytes).toBe(2 * MiB);
    one.release();
    one.release();
    expect([budget.heldBytes, other.resize(2 * MiB)]).toEqual([0, true]);
  });

  it('lets a hold shrink, and leaves it as it was when it may not grow', ({ expect }) => {
    const budget = new PayloadBudget(4 * MiB);
    const hold = budget.open();
    expect([hold.resize(3 * MiB), hold.resize(5 * MiB)]).toEqual([true, false]);
    expect(budget.heldBytes).toBe(3 * MiB);
    expect([hold.resize(100), budget.heldBytes]).toEqual([true, 100]);
  });

  it('keeps the last quarter for small payloads', ({ expect }) => {
    const budget = new PayloadBudget(4 * MiB);
    const holds = [3 * MiB, 65_537, 65_536].map((bytes) => budget.open().resize(bytes));
    expect(holds).toEqual([true, false, true]);
  });

  it('gives nothing to a hold that has been released', ({ expect }) => {
    const budget = new PayloadBudget(4 * MiB);
    const hold = budget.open();
    hold.release();
    expect([hold.resize(1), budget.heldBytes]).toEqual([false, 0]);
  });

  it('holds until the work has ended, whoever goes meanwhile', async ({ expect }) => {
    const budget = new PayloadBudget(4 * MiB);
    const hold = budget.open();
    hold.resize(10);
    const { promise, resolve } = Promise.withResolvers<string>();
    const done = hold.during(() => promise);
    hold.abandon();
    expect(budget.heldBytes).toBe(10);
    resolve('done');
    expect([await done, budget.heldBytes]).toEqual(['done', 0]);
  });

  it('releases at once what is abandoned before there was work, and what the work failed with', async ({
    expect,
  }) => {
    const budget = new PayloadBudget(4 * MiB);
    const [abandoned, failing] = [budget.open(), budget.open()];
    abandoned.resize(10);
    abandoned.abandon();
    failing.resize(10);
    await expect(failing.during(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(budget.heldBytes).toBe(0);
  });
});
