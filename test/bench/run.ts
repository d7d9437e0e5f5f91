import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { benchApi, type ApiResult } from './api.ts';
import { benchAlias, type AliasResult } from './cluster/bench-alias.ts';
import { benchCluster, type ClusterResult } from './cluster/bench-cluster.ts';
import { benchPool, type PoolResult } from './cluster/bench-pool.ts';
import { benchHomes, type HomesResult } from './cluster/bench-homes.ts';
import { benchEmbedded, type EmbeddedResult } from './embedded.ts';
import { formatReport } from './report.ts';

const RESULT = path.resolve(import.meta.dirname, '../../.cache/bench/latest.json');
const USUAL = ['embedded', 'cluster', 'pool'] as const;
/** `api` has thousands of functions, `homes` takes the platform through several sizes, and a move of an alias seldom changes: only where they are named. */
const BENCHES = {
  embedded: benchEmbedded,
  cluster: benchCluster,
  pool: benchPool,
  api: benchApi,
  alias: benchAlias,
  homes: benchHomes,
} as const;

type Mode = keyof typeof BENCHES;

/** Everything that one run measured. */
export interface BenchResult {
  readonly takenAt: string;
  readonly machine: string;
  readonly embedded?: EmbeddedResult;
  readonly cluster?: ClusterResult;
  readonly pool?: PoolResult;
  readonly api?: ApiResult;
  readonly alias?: AliasResult;
  readonly homes?: HomesResult;
}

function isMode(mode: string): mode is Mode {
  return Object.hasOwn(BENCHES, mode);
}

async function run(named: readonly string[]): Promise<BenchResult> {
  const modes: readonly Mode[] = named.length === 0 ? USUAL : named.filter(isMode);
  const unknown = named.filter((mode) => !isMode(mode));
  if (unknown.length > 0) {
    const known = Object.keys(BENCHES).join(', ');
    throw new Error(`there is no mode ${unknown.join(', ')}: name ${known}, or none`);
  }
  const measured: Partial<Record<Mode, unknown>> = {};
  // One after the other: they would measure each other.
  for (const mode of modes) measured[mode] = await BENCHES[mode]();
  return {
    takenAt: new Date().toISOString(),
    machine: `${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`,
    // Each mode's bench gives the result of its name.
    ...(measured as Pick<BenchResult, Mode>),
  };
}

const result = await run(process.argv.slice(2));
mkdirSync(path.dirname(RESULT), { recursive: true });
writeFileSync(RESULT, `${JSON.stringify(result, undefined, 2)}\n`);
process.stdout.write(formatReport(result));
