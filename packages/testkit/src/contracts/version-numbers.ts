import type { VersionNumbers } from '@mayfly/core';
import { afterAll, beforeAll, describe, it } from 'vitest';

/** One adapter of the port. */
export interface VersionNumbersSubject {
  readonly numbers: VersionNumbers;
  /** Another one on the same world, as after a restart. */
  reopen(): VersionNumbers;
  close(): Promise<void> | void;
}

/** What every adapter of VersionNumbers promises. */
export function describeVersionNumbersContract(
  name: string,
  open: () => Promise<VersionNumbersSubject>,
): void {
  describe(`${name} as VersionNumbers`, () => {
    let subject: VersionNumbersSubject;
    let made = 0;
    const aKey = (): { namespace: string; functionName: string } => {
      made += 1;
      return { namespace: 'default', functionName: `Fn_${made.toString()}-x` };
    };

    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close());

    it('counts from 1', async ({ expect }) => {
      const key = aKey();
      expect(await subject.numbers.next(key, 0)).toBe(1);
      expect(await subject.numbers.next(key, 0)).toBe(2);
    });

    it('goes on above what is said to be there', async ({ expect }) => {
      const key = aKey();
      expect(await subject.numbers.next(key, 7)).toBe(8);
      expect(await subject.numbers.next(key, 3)).toBe(9);
    });

    it('gives no number that was passed over', async ({ expect }) => {
      const key = aKey();
      await subject.numbers.passOver(key, 4);
      expect(await subject.numbers.next(key, 0)).toBe(5);
      await subject.numbers.passOver(key, 2);
      expect(await subject.numbers.next(key, 0)).toBe(6);
    });

    it('counts each function of each namespace by itself', async ({ expect }) => {
      const key = aKey();
      await subject.numbers.next(key, 10);
      expect(await subject.numbers.next({ ...key, namespace: 'team-a' }, 0)).toBe(1);
      expect(await subject.numbers.next(aKey(), 0)).toBe(1);
    });

    it('gives no number twice to those who ask at once', async ({ expect }) => {
      const key = aKey();
      const other = subject.reopen();
      const numbers = await Promise.all([
        subject.numbers.next(key, 0),
        other.next(key, 0),
        subject.numbers.next(key, 0),
        other.next(key, 0),
      ]);
      expect(numbers.toSorted()).toEqual([1, 2, 3, 4]);
    });

    it.for(['constructor', 'toString', '__proto__'])(
      'counts a function that is called %s',
      async (functionName, { expect }) => {
        const key = { ...aKey(), functionName };
        expect(await subject.numbers.next(key, 0)).toBe(1);
        expect(await subject.reopen().next(key, 0)).toBe(2);
      },
    );

    it('remembers', async ({ expect }) => {
      const key = aKey();
      await subject.numbers.next(key, 41);
      expect(await subject.reopen().next(key, 0)).toBe(43);
    });

    it('asks nobody once it is aborted', async ({ expect }) => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(subject.numbers.next(aKey(), 0, signal)).rejects.toThrow();
    });
  });
}
