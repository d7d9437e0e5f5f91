import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { CodeChecks } from './code-checks.ts';

function makeChecks() {
  const asked: string[] = [];
  const lost = new Set<string>();
  const clock = new FakeClock();
  const checks = new CodeChecks({
    clock,
    codeStore: {
      open: (codeSha256) => {
        asked.push(codeSha256);
        const archive = { codeSize: 1, read: () => [][Symbol.iterator]() as never };
        return Promise.resolve(lost.has(codeSha256) ? undefined : archive);
      },
    },
  });
  return { asked, lost, clock, checks };
}

describe('CodeChecks', () => {
  it('ask once for what many versions have, and again after a while', async ({ expect }) => {
    const { asked, lost, clock, checks } = makeChecks();
    expect(await checks.has('a')).toBe(true);
    clock.step(300_000);
    expect(await checks.has('b')).toBe(true);
    lost.add('a');
    expect(await checks.has('a')).toBe(true);
    expect(asked).toEqual(['a', 'b']);
    clock.step(300_000);
    expect(await checks.has('a')).toBe(false);
    expect(await checks.has('b')).toBe(true);
    expect(asked).toEqual(['a', 'b', 'a']);
  });

  it('ask each time for what is lost', async ({ expect }) => {
    const { asked, lost, checks } = makeChecks();
    lost.add('a');
    expect(await checks.has('a')).toBe(false);
    lost.clear();
    expect(await checks.has('a')).toBe(true);
    expect(asked).toEqual(['a', 'a']);
  });
});
