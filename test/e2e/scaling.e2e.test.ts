import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import {
  aFunctionManifest,
  API_NAMESPACE,
  apply,
  explainFailure,
  invoke,
  invokeUrl,
  kubectl,
  nodeSpec,
  podsOf,
  uniqueName,
  useFunction,
  waitReady,
} from './helpers/cluster.ts';
import { summariseFailures, Traffic } from './helpers/traffic.ts';

/** Says which execution environment answered, and how often it has been called. */
const WHO = `const id = require('node:crypto').randomUUID(); let calls = 0;
exports.handler = async () => ({ id, calls: ++calls });`;

describe('scaling', () => {
  it('wakes from zero and goes back to it after the idle time', async ({ expect }) => {
    const name = await useFunction(nodeSpec(WHO, { scaling: { idleSeconds: 3 } }));
    expect(podsOf(name)).toEqual([]);
    expect((await invoke(name)).payload).toMatchObject({ calls: 1 });
    expect(podsOf(name)).toHaveLength(1);

    await eventually(
      () => {
        if (podsOf(name).length > 0) throw new Error('its pod is still there');
      },
      { timeoutMs: 30_000 },
    );
    expect((await invoke(name)).payload).toMatchObject({ calls: 1 });
  });

  it('never starts a second execution environment for the second call in a row', async ({
    expect,
  }) => {
    const name = await useFunction(nodeSpec(WHO));
    const seen = new Set<string>();
    for (let call = 1; call <= 40; call += 1) {
      const { payload } = await invoke(name);
      seen.add((payload as { id: string }).id);
    }

    expect(seen.size).toBe(1);
    expect(podsOf(name)).toHaveLength(1);
  });

  it('changes code under traffic without a failed call', async ({ expect }) => {
    const code = (version: number) =>
      `exports.handler = async () => { await new Promise((r) => setTimeout(r, 20)); return ${version.toString()}; };`;
    const name = await useFunction(nodeSpec(code(1)));
    await invoke(name);
    const options = { url: invokeUrl(name), perSecond: 30, total: 600 } as const;
    const traffic = new Traffic({ ...options, connections: 'kept' });
    await eventually(() => {
      if (traffic.succeeded < 60) throw new Error('traffic has not begun');
    });
    apply(aFunctionManifest(name, nodeSpec(code(2))));
    await waitReady(name);
    const { failed, answers } = await traffic.result;

    expect(summariseFailures(failed)).toBe('');
    expect(answers.get('1')).toBeGreaterThan(0);
    expect(answers.get('2')).toBeGreaterThan(0);
    expect((await invoke(name)).payload).toBe(2);
  });

  it('wakes 100 functions at once, and all answer', { timeout: 300_000 }, async ({ expect }) => {
    explainFailure();
    const batch = uniqueName('wake');
    onTestFinished(async () => {
      kubectl('delete', 'fn', '-n', API_NAMESPACE, '-l', `batch=${batch}`, '--wait=false');
      // What follows shall not meet a machine that is busy with ending a hundred pods.
      await eventually(
        () => {
          const left = kubectl(
            'get',
            'fn',
            '-n',
            API_NAMESPACE,
            '-l',
            `batch=${batch}`,
            '-o',
            'name',
          );
          if (left !== '') throw new Error('some are still there');
        },
        { timeoutMs: 120_000 },
      );
    });
    const names = Array.from({ length: 100 }, (_, i) => `${batch}-${i.toString()}`);
    const items = names.map((name, i) => ({
      ...aFunctionManifest(
        name,
        nodeSpec(`exports.handler = async () => ${i.toString()};`, { timeout: 60 }),
      ),
      metadata: { name, namespace: API_NAMESPACE, labels: { batch } },
    }));
    apply({ apiVersion: 'v1', kind: 'List', items });
    const ready = ['--for=condition=Ready', 'fn', '-l', `batch=${batch}`, '--timeout=60s'];
    kubectl('wait', '-n', API_NAMESPACE, ...ready);
    const startedMs = performance.now();
    const answers = await Promise.all(names.map((name) => invoke(name)));
    const tookMs = performance.now() - startedMs;
    console.log(`100 functions woke in ${(tookMs / 1000).toFixed(1)} s`);

    expect(answers.map(({ payload }) => payload)).toEqual(names.map((_, i) => i));
  });
});
