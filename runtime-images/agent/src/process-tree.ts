import { readdirSync, readFileSync } from 'node:fs';
import { EXECUTION_ENVIRONMENT_ID_VARIABLE } from '@mayfly/core';

const PAUSE_MS = 5;
const KILL_DEADLINE_MS = 2_000;
// Page size of Linux on x86_64 and arm64 as Lambda supports them; statm counts in pages.
const PAGE_BYTES = 4096;

/** What identifies the processes of one execution environment. */
export interface ProcessTree {
  /** The runtime's process, leader of its own group. */
  readonly pid: number;
  readonly executionEnvironmentId: string;
}

/**
 * Kills the runtime's group and, on Linux, everything it started that has left the group: descendants, and
 * processes that carry the execution environment's variable. Resolves when none of them is left.
 */
export async function killProcessTree(tree: ProcessTree): Promise<void> {
  const deadline = performance.now() + KILL_DEADLINE_MS;
  const descendants = listDescendants(tree.pid);
  signalGroup(tree.pid, 'SIGKILL');
  for (const pid of descendants) signalProcess(pid, 'SIGKILL');
  // Again until nothing is found: a process may have forked while we were reading.
  for (;;) {
    const strays = listMarkedProcesses(tree.executionEnvironmentId);
    if (strays.length === 0 || performance.now() > deadline) return;
    for (const pid of strays) signalProcess(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Signals a whole process group; one that is gone is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  signalProcess(-pid, signal);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

function listMarkedProcesses(executionEnvironmentId: string): number[] {
  const marker = Buffer.from(`${EXECUTION_ENVIRONMENT_ID_VARIABLE}=${executionEnvironmentId}\0`);
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    // No Linux: the process group is all we know.
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && hasMarker(pid, marker));
}

function hasMarker(pid: number, marker: Buffer): boolean {
  try {
    const variables = readFileSync(`/proc/${pid.toString()}/environ`);
    const at = variables.indexOf(marker);
    return at === 0 || (at > 0 && variables[at - 1] === 0);
  } catch {
    // It has ended, or is not ours to read.
    return false;
  }
}

/** Children of a process, their children, and so on; nothing where /proc does not tell. */
export function listDescendants(pid: number): number[] {
  const found: number[] = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const children = listChildren(next);
    found.push(...children);
    open.push(...children);
  }
  return found;
}

function listChildren(pid: number): number[] {
  const name = pid.toString();
  try {
    const text = readFileSync(`/proc/${name}/task/${name}/children`, 'latin1').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}

/**
 * Memory that a runtime and its children hold. Children count without the pages they share with it, as
 * 100 MB with a forked child that touched 10 MB are 110 MB.
 */
export function readTreeMemoryBytes(pid: number): number {
  let bytes = readMemoryBytes(pid, true);
  for (const child of listDescendants(pid)) bytes += readMemoryBytes(child, false);
  return bytes;
}

function readMemoryBytes(pid: number, withShared: boolean): number {
  try {
    const [, resident = '0', shared = '0'] = readFileSync(
      `/proc/${pid.toString()}/statm`,
      'latin1',
    ).split(' ');
    return (Number(resident) - (withShared ? 0 : Number(shared))) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

/** The most memory a process ever held, in MB; 0 when nobody can say. */
export function readPeakMemoryMb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid.toString()}/status`, 'latin1');
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? 0 : Math.round(Number(kilobytes) / 1024);
  } catch {
    return 0;
  }
}
