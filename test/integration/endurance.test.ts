import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../helpers/platform.ts';

const CALLS = 10_000;

function openFiles(pid: number | string): number {
  return readdirSync(`/proc/${String(pid)}/fd`).length;
}

/** The agent of the only execution environment: its folder's name is in the variables of its processes. */
function agentPid(stateDir: string): string {
  const [id = 'none'] = readdirSync(path.join(stateDir, 'environments'));
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const agent = pids.find((pid) => {
    try {
      const variables = readFileSync(`/proc/${pid}/environ`, 'utf8');
      return variables.includes(id) && variables.includes('MAYFLY_AGENT_TOKEN');
    } catch {
      return false;
    }
  });
  if (agent === undefined) throw new Error(`no agent runs for ${id}`);
  return agent;
}

describe('10,000 calls in a row', () => {
  it(
    'leak no file, and reuse one execution environment',
    { timeout: 120_000 },
    async ({ expect }) => {
      const { invoke, stateDir } = await usePlatform({
        functions: [
          aNodeFunction('echo', 'exports.handler = async (event, c) => c.logStreamName;'),
        ],
      });
      const streams = new Set<unknown>();
      for (let i = 0; i < 100; i += 1) streams.add((await invoke('echo')).payload);
      const pid = agentPid(stateDir);
      const before = { platform: openFiles('self'), agent: openFiles(pid) };

      for (let i = 100; i < CALLS; i += 1) streams.add((await invoke('echo')).payload);

      expect(streams.size).toBe(1);
      expect(openFiles(pid) - before.agent).toBeLessThanOrEqual(2);
      expect(openFiles('self') - before.platform).toBeLessThanOrEqual(5);
    },
  );
});
