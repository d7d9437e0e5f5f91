import { readdirSync, readFileSync } from 'node:fs';
import { anonymousMbOf } from '../proc.ts';

/**
 * Anonymous memory, in MB, of the agent in a pod of a node on this machine; undefined when the node is elsewhere
 * or its processes cannot be seen.
 */
export function agentMemoryMbOf(podName: string): number | undefined {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const isAgent = readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes('agent.cjs');
      if (!isAgent) continue;
      const variables = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0');
      if (variables.includes(`MAYFLY_POD_NAME=${podName}`)) return anonymousMbOf(Number(entry));
    } catch {
      // It has ended, or is not ours to see.
    }
  }
  return undefined;
}
