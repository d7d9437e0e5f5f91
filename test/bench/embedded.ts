import { execFileSync } from 'node:child_process';
import { aNodeFunction } from '../helpers/manifests.ts';
import { measureBareHop } from './bare-hop.ts';
import { measureColdStarts, type ColdStarts } from './cold-starts.ts';
import { DirectAgents } from './direct-agents.ts';
import { PlatformProcess } from './platform-process.ts';
import { anonymousMbOf, residentMbOf } from './proc.ts';
import type { Distribution } from './quantiles.ts';
import { measureWarm, type WarmLeg } from './warm.ts';

const ECHO = 'exports.handler = async (event) => event;';
const CONCURRENCIES = [1, 4, 16];
const COLD_FUNCTIONS = 20;
const AGENT_CALLS = 10_000;

/** What was measured of the embedded mode. Milliseconds and MB. */
export interface EmbeddedResult {
  readonly firstAnswerMs: number;
  /** One hop to a bare `node:http` server, c=1. */
  readonly bareHop: Distribution;
  readonly warm: readonly WarmLeg[];
  readonly agent: Readonly<
    Record<'idle' | 'afterCalls', { anonymousMb: number; residentMb: number }>
  >;
  readonly cold: ColdStarts;
}

function memoryOf(pid: number): { anonymousMb: number; residentMb: number } {
  return { anonymousMb: anonymousMbOf(pid), residentMb: residentMbOf(pid) };
}

/** Measures the embedded mode: one process of its own. */
export async function benchEmbedded(): Promise<EmbeddedResult> {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const spec = { timeout: 30 };
  const cold = Array.from({ length: COLD_FUNCTIONS }, (_, i) => `cold-${String(i)}`);
  const names = ['echo', 'burst', ...cold];
  const platform = new PlatformProcess(names.map((name) => aNodeFunction(name, ECHO, spec)));
  const direct = new DirectAgents();
  try {
    const firstAnswerMs = await platform.firstAnswerMs('echo');
    const bareHop = await measureBareHop();
    await direct.start(ECHO, Math.max(...CONCURRENCIES));
    const idle = memoryOf(direct.agentPid);
    const coldStarts = await measureColdStarts(platform, { functions: cold, burst: 'burst' });
    const warm: WarmLeg[] = [];
    for (const c of CONCURRENCIES) warm.push(await measureWarm({ platform, direct }, c));
    await direct.callFirst(AGENT_CALLS);
    return {
      firstAnswerMs,
      bareHop,
      warm,
      agent: { idle, afterCalls: memoryOf(direct.agentPid) },
      cold: coldStarts,
    };
  } finally {
    await direct.close();
    await platform.stop();
  }
}
