import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { benchAlias, type AliasResult } from './cluster/bench-alias.ts';
import { benchCluster, type ClusterResult } from './cluster/bench-cluster.ts';
import { benchPool, type PoolResult } from './cluster/bench-pool.ts';
import { benchHomes, type HomesResult } from './cluster/bench-homes.ts';
import { benchEmbedded, type EmbeddedResult } from './embedded.ts';
import { formatReport } from './report.ts';

const RESULT = path.resolve(import.meta.dirname, '../../.cache/bench/latest.json');
const USUAL = ['embedded', 'cluster', 'pool'] as const;
/** `homes` takes the platform through several sizes, and a move of an alias seldom changes: only where they are named. */
const MODES = [...USUAL, 'alias', 'homes'] as const;

/** Everything that one run measured. */
export interface BenchResult {
  readonly takenAt: string;
  readonly machine: string;
  readonly embedded?: EmbeddedResult;
  readonly cluster?: ClusterResult;
  readonly pool?: PoolResult;
  readonly alias?: AliasResult;
  readonly homes?: HomesResult;
}

async function run(modes: readonly string[]): Promise<BenchResult> {
  const unknown = modes.filter((mode) => !MODES.some((known) => known === mode));
  if (unknown.length > 0) {
    throw new Error(`there is no mode ${unknown.join(', ')}: name ${MODES.join(', ')}, or none`);
  }
  const wanted: readonly string[] = modes.length === 0 ? USUAL : modes;
  return {
    takenAt: new Date().toISOString(),
    machine: `${String(cpus().length)} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`,
    ...(wanted.includes('embedded') ? { embedded: await benchEmbedded() } : {}),
    ...(wanted.includes('cluster') ? { cluster: await benchCluster() } : {}),
    ...(wanted.includes('pool') ? { pool: await benchPool() } : {}),
    ...(wanted.includes('alias') ? { alias: await benchAlias() } : {}),
    ...(wanted.includes('homes') ? { homes: await benchHomes() } : {}),
  };
}

const result = await run(process.argv.slice(2));
mkdirSync(path.dirname(RESULT), { recursive: true });
writeFileSync(RESULT, `${JSON.stringify(result, undefined, 2)}\n`);
process.stdout.write(formatReport(result));
