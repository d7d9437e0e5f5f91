import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import {
  API_NAMESPACE,
  explainFailure,
  invoke,
  invokeUrl,
  kubectl,
  nodeSpec,
  podsOf,
  useFunction,
  warmUp,
} from './helpers/cluster.ts';
import { Traffic } from './helpers/traffic.ts';
import { ROOT } from './setup/run-command.ts';

const SLOW = `exports.handler = async ({ ms = 0 }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 'done';
};`;
const WARM = 4;
/** What may pass until the network is known to be gone, and a cold start on the other node. */
const SECONDS_TO_RECOVER = 15;

interface SecondNode {
  /** Pulls its cable: nobody there answers any more, not even with a refusal. */
  cut(): void;
}

function useSecondNode(): SecondNode {
  const cluster = process.env['MAYFLY_E2E_OWN_CLUSTER'];
  if (cluster === undefined) throw new Error('this test cuts off a node of its own cluster');
  const run = (file: string, ...args: readonly string[]): void => {
    // What it complains of becomes part of the error.
    execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  onTestFinished(() => {
    run('kubectl', 'delete', 'node', 'node2', '--ignore-not-found', '--wait=false');
    run(`${cluster}/down`, 'node', '2');
  }, 60_000);
  run(`${cluster}/up`, '--nodes', '2');
  const images = JSON.parse(readFileSync(path.join(ROOT, '.cache/images.json'), 'utf8')) as Record<
    string,
    string
  >;
  for (const name of ['agent', 'lambda-nodejs24']) {
    run(`${cluster}/load-image`, images[name] ?? '', '2');
  }
  return {
    cut: () => {
      run('ip', 'link', 'set', 'kc2', 'down');
    },
  };
}

describe('a node that is cut off', () => {
  it('takes no function with it: calls are answered from the other node within seconds', async ({
    expect,
  }) => {
    explainFailure();
    const node = useSecondNode();
    const name = await useFunction(nodeSpec(SLOW, { timeout: 300 }));
    kubectl('cordon', 'node1');
    onTestFinished(() => {
      kubectl('uncordon', 'node1');
    });
    await warmUp(name, WARM, { ms: 2000 });
    kubectl('uncordon', 'node1');
    const lost = podsOf(name);
    expect(new Set(lost.map(({ spec }) => spec.nodeName))).toEqual(new Set(['node2']));

    const running = invoke(name, { ms: 240_000 });
    const options = { url: invokeUrl(name), perSecond: 20, total: 100_000 } as const;
    const traffic = new Traffic({ ...options, connections: 'kept' });
    onTestFinished(async () => {
      await traffic.stop();
    });
    await eventually(() => expect(traffic.succeeded).toBeGreaterThan(20));
    const cutMs = performance.now();
    node.cut();
    const broken = await running;
    expect(broken.status).toBe(502);
    expect(performance.now() - cutMs).toBeLessThan(SECONDS_TO_RECOVER * 1000);
    const before = traffic.succeeded;
    await eventually(() => expect(traffic.succeeded).toBeGreaterThan(before + 100), {
      timeoutMs: SECONDS_TO_RECOVER * 1000,
    });

    const { failed } = await traffic.stop();
    // Only what was running there; what had not begun went to another one.
    expect(failed.length).toBeLessThan(WARM);
    const serving = podsOf(name).filter((pod) =>
      lost.every(({ metadata }) => metadata.name !== pod.metadata.name),
    );
    expect(new Set(serving.map(({ spec }) => spec.nodeName))).toEqual(new Set(['node1']));
    // The kubelet there does not answer: its pods go all the same.
    const gone = ['get', 'pods', '-n', API_NAMESPACE, '--field-selector=spec.nodeName=node2'];
    await eventually(() => expect(kubectl(...gone, '-o', 'name')).toBe(''), {
      timeoutMs: 120_000,
    });
  });
});
