import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of CPU, user and system, that a process has used so far. Linux only. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The name in parentheses may hold spaces; fields are counted after it: utime is 12th, stime 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Anonymous memory of a process in MB: what it costs besides shared files. Linux only. */
export function anonymousMbOf(pid: number): number {
  const rollup = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  return Number(/Anonymous: +(\d+) kB/.exec(rollup)?.[1] ?? 'NaN') / 1024;
}

/** Resident memory of a process in MB. Linux only. */
export function residentMbOf(pid: number): number {
  const rollup = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  return Number(/Rss: +(\d+) kB/.exec(rollup)?.[1] ?? 'NaN') / 1024;
}
