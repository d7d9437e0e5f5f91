import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Clock } from '@mayfly/core';
import { describe, it } from 'vitest';
import { systemClock } from './system-clock.ts';

const execFileAsync = promisify(execFile);

describe('systemClock', () => {
  it('is a Clock that tells the time of day', ({ expect }) => {
    const clock: Clock = systemClock;
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
  });

  it('calls back once after a delay', async ({ expect }) => {
    let calls = 0;
    await new Promise<void>((resolve) => {
      systemClock.after(1, () => {
        calls += 1;
        resolve();
      });
    });
    expect(calls).toBe(1);
  });

  it('calls back again and again until it is cancelled', async ({ expect }) => {
    let calls = 0;
    await new Promise<void>((resolve) => {
      const timer = systemClock.every(1, () => {
        calls += 1;
        if (calls < 3) return;
        timer.cancel();
        resolve();
      });
    });
    expect(calls).toBe(3);
  });

  it('does not call back after it was cancelled', async ({ expect }) => {
    let calls = 0;
    systemClock.after(1, () => (calls += 1)).cancel();
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve);
    });
    expect(calls).toBe(0);
  });

  it('lets the process end while timers wait', async ({ expect }) => {
    const source = `
      import { systemClock } from ${JSON.stringify(import.meta.resolve('./system-clock.ts'))};
      systemClock.after(600000, () => {});
      systemClock.every(600000, () => {});
      console.log('end of the script');`;
    const { stdout } = await execFileAsync(
      process.execPath,
      ['--input-type=module', '--eval', source],
      { timeout: 15_000 },
    );
    expect(stdout).toBe('end of the script\n');
  });
});
