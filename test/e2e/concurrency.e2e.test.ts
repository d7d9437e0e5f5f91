import { setTimeout } from 'node:timers/promises';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import {
  getPods,
  invoke,
  kubectl,
  nodeSpec,
  podsOf,
  SYSTEM_NAMESPACE,
  useFunction,
} from './helpers/cluster.ts';

/** When it ran, and where: counted from inside of the function. */
const WHEN = `const id = require('node:crypto').randomUUID();
exports.handler = async () => {
  const from = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { id, from, to: Date.now() };
};`;

interface Run {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

function scaleGateways(replicas: number): void {
  kubectl(
    'scale',
    'deployment/mayfly-gateway',
    '-n',
    SYSTEM_NAMESPACE,
    `--replicas=${replicas.toString()}`,
  );
  kubectl(
    'rollout',
    'status',
    'deployment/mayfly-gateway',
    '-n',
    SYSTEM_NAMESPACE,
    '--timeout=60s',
  );
}

/** The most runs that overlap at any moment. */
function countOverlap(runs: readonly Run[]): number {
  return Math.max(
    ...runs.map(({ from }) => runs.filter((run) => run.from <= from && from < run.to).length),
  );
}

describe('reserved concurrency', () => {
  it(
    'is held by 3 gateways under 50 parallel callers',
    { timeout: 240_000 },
    async ({ expect }) => {
      scaleGateways(3);
      onTestFinished(() => {
        scaleGateways(2);
      });
      const name = await useFunction(nodeSpec(WHEN, { reservedConcurrentExecutions: 4 }));
      await Promise.all(Array.from({ length: 4 }, () => invoke(name)));
      const endMs = Date.now() + 15_000;
      const runs: Run[] = [];
      const statuses = new Map<number, number>();
      const callUntilTheEnd = async (): Promise<void> => {
        while (Date.now() < endMs) {
          const { status, payload } = await invoke(name);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (status === 200) runs.push(payload as Run);
          // As clients do that are told to come back later: without it they take the processor that functions need.
          else await setTimeout(50);
        }
      };
      await Promise.all(Array.from({ length: 50 }, callUntilTheEnd));

      expect(countOverlap(runs)).toBeLessThanOrEqual(4);
      expect(new Set(runs.map(({ id }) => id)).size).toBeLessThanOrEqual(4);
      expect([...statuses.keys()].sort()).toEqual([200, 429]);
      expect(runs.length).toBeGreaterThan(100);
      expect(podsOf(name).length).toBeLessThanOrEqual(4);
    },
  );

  it('of 0 refuses every call and starts nothing', async ({ expect }) => {
    const name = await useFunction(nodeSpec(WHEN, { reservedConcurrentExecutions: 0 }));
    const answer = await invoke(name);

    expect(answer.status).toBe(429);
    expect(answer.payload).toMatchObject({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
    expect(podsOf(name)).toEqual([]);
  });
});

describe('gateways', () => {
  it('all answer, wherever the home of a function is', async ({ expect }) => {
    const name = await useFunction(nodeSpec(WHEN));
    const gateways = getPods('app.kubernetes.io/component=gateway', SYSTEM_NAMESPACE);
    const ids = new Set<string>();
    for (const { status } of gateways) {
      const url = `http://${status.podIP ?? ''}:8080/2015-03-31/functions/${name}/invocations`;
      await eventually(async () => {
        const response = await fetch(url, { method: 'POST', body: '{}' });
        ids.add(((await response.json()) as Run).id);
      });
    }

    expect(gateways.length).toBeGreaterThanOrEqual(2);
    expect(ids.size).toBe(1);
  });
});
