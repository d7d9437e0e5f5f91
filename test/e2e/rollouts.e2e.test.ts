import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, it } from 'vitest';
import {
  explainFailure,
  getPods,
  invokeUrl,
  nodeSpec,
  podsOf,
  SYSTEM_NAMESPACE,
  useFunction,
  warmUp,
} from './helpers/cluster.ts';
import { summariseFailures, Traffic } from './helpers/traffic.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SOURCE = `const id = require('node:crypto').randomUUID();
exports.handler = async ({ ms = 10 }) => { await new Promise((r) => setTimeout(r, ms)); return id; };`;
/** More than the traffic needs, in number and in CPU: it is a rollout that is tested, not cold starts. */
const WARM = 8;
const MEMORY_SIZE = 512;

/** Replaces every pod of one part of the platform, as an upgrade does. */
async function rollByHelm(component: 'gateway' | 'operator'): Promise<void> {
  await promisify(execFile)('helm', [
    'upgrade',
    'mayfly',
    path.join(ROOT, 'charts/mayfly'),
    ...['--namespace', SYSTEM_NAMESPACE, '--reuse-values', '--wait', '--timeout', '180s'],
    ...['--set-string', `${component}.podAnnotations.rolled=at-${Date.now().toString()}`],
  ]);
}

/** A function in the middle of its life: so many execution environments, and calls as they will go on. */
async function useSteadyFunction(): Promise<string> {
  const name = await useFunction(nodeSpec(SOURCE, { memorySize: MEMORY_SIZE }));
  await warmUp(name, WARM, { ms: 2000 });
  const options = { url: invokeUrl(name), perSecond: 50, total: 500 } as const;
  const { failed } = await new Traffic({ ...options, connections: 'kept' }).result;
  if (failed.length > 0)
    throw new Error(`calls fail before any rollout:\n${summariseFailures(failed)}`);
  return name;
}

function nameSet(component: string): string[] {
  const pods = getPods(`app.kubernetes.io/component=${component}`, SYSTEM_NAMESPACE);
  return pods.map(({ metadata }) => metadata.name).sort();
}

async function callWhileRolling(
  component: 'gateway' | 'operator',
  traffic: readonly Traffic[],
): Promise<string> {
  const before = nameSet(component);
  await rollByHelm(component);
  const after = nameSet(component);
  if (before.some((name) => after.includes(name))) throw new Error('not every pod was replaced');
  const results = await Promise.all(traffic.map((one) => one.result));
  return summariseFailures(results.flatMap(({ failed }) => failed));
}

describe('a rollout by helm upgrade', () => {
  it('of the gateways loses none of 4,000 calls, over new and over kept connections', async ({
    expect,
  }) => {
    explainFailure();
    const name = await useSteadyFunction();
    const options = { url: invokeUrl(name), perSecond: 50, total: 2000 } as const;
    const traffic = [
      new Traffic({ ...options, connections: 'new' }),
      new Traffic({ ...options, connections: 'kept' }),
    ];

    expect(await callWhileRolling('gateway', traffic)).toBe('');
    const [first, second] = await Promise.all(traffic.map((one) => one.result));
    expect((first?.succeeded ?? 0) + (second?.succeeded ?? 0)).toBe(4000);
  });

  it('of the operators loses none of 3,000 calls and touches no pod that is busy', async ({
    expect,
  }) => {
    explainFailure();
    const name = await useSteadyFunction();
    const options = { url: invokeUrl(name), perSecond: 100, total: 3000 } as const;
    const traffic = new Traffic({ ...options, connections: 'kept' });
    const before = podsOf(name).map(({ metadata }) => metadata.name);

    expect(await callWhileRolling('operator', [traffic])).toBe('');
    const after = podsOf(name).map(({ metadata }) => metadata.name);
    expect(after).toEqual(expect.arrayContaining(before));
  });
});
