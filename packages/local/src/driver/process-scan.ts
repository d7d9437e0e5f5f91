import { readdir, readFile } from 'node:fs/promises';

/** Variable that every process of an execution environment carries. */
export const MARKER = 'MAYFLY_EXECUTION_ENVIRONMENT_ID';

/** What /proc says of a process. */
export interface ScannedProcess {
  readonly pid: number;
  readonly parentPid: number;
  readonly sessionId: number;
  /** Value of the marker variable it was started with. */
  readonly marker: string | undefined;
}

const ASSIGNMENT = Buffer.from(`${MARKER}=`);
const PARALLEL_READS = 32;

/** All living processes that this user may look at; none on systems without /proc. */
export async function scanProcesses(): Promise<ScannedProcess[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  const found: ScannedProcess[] = [];
  const readOn = async (): Promise<void> => {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      const scanned = await scanProcess(pid);
      if (scanned !== undefined) found.push(scanned);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, readOn));
  return found;
}

async function scanProcess(pid: string): Promise<ScannedProcess | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold anything: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parentPid, , sessionId] = fields;
    if (state === 'Z' || state === 'X') return undefined;
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      sessionId: Number(sessionId),
      marker: await readMarker(pid),
    };
  } catch {
    // It has ended in the meantime.
    return undefined;
  }
}

async function readMarker(pid: string): Promise<string | undefined> {
  try {
    return findMarker(await readFile(`/proc/${pid}/environ`));
  } catch {
    // Another user's.
    return undefined;
  }
}

/** Value of the marker in a block of NUL-terminated variables. */
export function findMarker(block: Buffer): string | undefined {
  for (let at = block.indexOf(ASSIGNMENT); at >= 0; at = block.indexOf(ASSIGNMENT, at + 1)) {
    if (at > 0 && block[at - 1] !== 0) continue;
    const end = block.indexOf(0, at);
    return block.toString('utf8', at + ASSIGNMENT.length, end < 0 ? block.length : end);
  }
  return undefined;
}

/**
 * Processes of the marked execution environments: those with the marker, everything in their sessions
 * (agents and runtimes lead sessions of their own) and all descendants, even with the marker wiped.
 */
export function pickTree(
  all: readonly ScannedProcess[],
  markers: ReadonlySet<string>,
): ScannedProcess[] {
  const marked = all.filter(({ marker }) => marker !== undefined && markers.has(marker));
  const sessions = new Set(marked.map(({ sessionId }) => sessionId));
  const pids = new Set(
    all.filter(({ sessionId }) => sessions.has(sessionId)).map(({ pid }) => pid),
  );
  for (let before = -1; before !== pids.size;) {
    before = pids.size;
    for (const { pid, parentPid } of all) if (pids.has(parentPid)) pids.add(pid);
  }
  return all.filter(({ pid }) => pids.has(pid));
}
