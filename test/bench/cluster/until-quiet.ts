import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** What is measured is the platform, not who else is busy: this share of the machine is to be idle. */
const QUIET_IDLE = 0.8;
const QUIET_LOOK_MS = 500;
const QUIET_DEADLINE_MS = 5_000;

/** Resolves when the machine has done what came after the last call; at the latest after five seconds. */
export async function untilQuiet(): Promise<void> {
  const lastMs = performance.now() + QUIET_DEADLINE_MS;
  do {
    const before = readTimes();
    await pause(QUIET_LOOK_MS);
    const after = readTimes();
    if ((after.idle - before.idle) / (after.all - before.all) >= QUIET_IDLE) return;
  } while (performance.now() < lastMs);
}

/** Of all processors of this machine. */
function readTimes(): { readonly idle: number; readonly all: number } {
  const times = cpus().map((one) => one.times);
  const idle = times.reduce((sum, one) => sum + one.idle, 0);
  const all = times.flatMap((one) => Object.values(one)).reduce((sum, one) => sum + one, 0);
  return { idle, all };
}
