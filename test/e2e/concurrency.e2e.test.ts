import { setTimeout } from 'node:timers/promises';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import {
  explainFailure,
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

/** The most runs that overlap at any moment. */
function countOverlap(runs: readonly Run[]): number {
  return Math.max(
    ...runs.map(({ from }) => runs.filter((run) => run.from <= from && from < run.to).length),
  );
}

/** Ends one of them, as a node does that is drained. */
function deletePod(selector: string): void {
  const [pod] = getPods(selector, SYSTEM_NAMESPACE);
  if (pod === undefined) throw new Error(`there is no pod with ${selector}`);
  kubectl('delete', 'pod', '-n', SYSTEM_NAMESPACE, '--wait=false', pod.metadata.name);
}

interface CallsWithoutEnd {
  /** So many runs have been answered. */
  untilRuns(count: number): Promise<void>;
  stop(): Promise<{
    readonly runs: readonly Run[];
    /** Reasons of throttles. */
    readonly refusals: ReadonlySet<string>;
    /** Answers that are neither. */
    readonly others: readonly string[];
  }>;
}

/** So many callers at once, each with one call after the other over connections of their own. */
function callWithoutEnd(name: string, callers: number): CallsWithoutEnd {
  const result = { runs: [] as Run[], refusals: new Set<string>(), others: [] as string[] };
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const call = async (): Promise<void> => {
    const { status, payload } = await invoke(name);
    if (status === 200) result.runs.push(payload as Run);
    else if (status === 429) {
      result.refusals.add((payload as { readonly Reason: string }).Reason);
      await setTimeout(50);
    } else result.others.push(`${status.toString()} ${JSON.stringify(payload)}`);
  };
  const callAgain = async (): Promise<void> => {
    while (!isOver) {
      await call().catch((error: unknown) => {
        result.others.push(String(error));
      });
    }
  };
  const ended = Promise.all(Array.from({ length: callers }, callAgain));
  return {
    untilRuns: (count) =>
      eventually(
        () => {
          if (result.runs.length < count) throw new Error(`${String(result.runs.length)} runs`);
        },
        { timeoutMs: 90_000 },
      ),
    stop: async () => {
      isOver = true;
      await ended;
      return result;
    },
  };
}

describe('reserved concurrency', () => {
  it(
    'is held by 3 gateways under 50 parallel callers',
    { timeout: 240_000 },
    async ({ expect }) => {
      // One that times out has no id to say, and begins anew with another.
      const spec = nodeSpec(WHEN, { reservedConcurrentExecutions: 4, timeout: 30 });
      const name = await useFunction(spec);
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
      expect(runs.length).toBeGreaterThan(20);
      expect(podsOf(name).length).toBeLessThanOrEqual(4);
    },
  );

  it(
    'is held while a gateway and the leading operator are replaced',
    { timeout: 240_000 },
    async ({ expect }) => {
      explainFailure();
      const name = await useFunction(nodeSpec(WHEN, { reservedConcurrentExecutions: 3 }));
      await Promise.all(Array.from({ length: 3 }, () => invoke(name)));
      const calls = callWithoutEnd(name, 20);
      await calls.untilRuns(50);
      deletePod('app.kubernetes.io/component=gateway');
      await calls.untilRuns(150);
      deletePod('app.kubernetes.io/component=operator,mayfly.dev/leader=true');
      await calls.untilRuns(400);
      const { runs, refusals, others } = await calls.stop();

      expect(others).toEqual([]);
      expect(countOverlap(runs)).toBe(3);
      expect([...refusals]).toEqual(['ReservedFunctionConcurrentInvocationLimitExceeded']);
      expect(podsOf(name).length).toBeLessThanOrEqual(3);
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

    expect(gateways.length).toBeGreaterThanOrEqual(3);
    expect(ids.size).toBe(1);
  });
});
