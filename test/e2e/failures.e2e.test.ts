import { execFileSync } from 'node:child_process';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import {
  API_NAMESPACE,
  explainFailure,
  getPods,
  invoke,
  invokeUrl,
  kubectl,
  nodeSpec,
  podsOf,
  SYSTEM_NAMESPACE,
  useFunction,
  type CallAnswer,
} from './helpers/cluster.ts';
import { summariseFailures, Traffic } from './helpers/traffic.ts';

const QUICK = 'exports.handler = async (event) => event.n ?? 0;';
const SLOW = `exports.handler = async ({ ms = 0 }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 'done';
};`;

function killAtOnce(namespace: string, ...pods: readonly string[]): void {
  kubectl('delete', 'pod', '-n', namespace, '--grace-period=0', '--force', '--wait=false', ...pods);
}

function namesOf(component: string): string[] {
  const pods = getPods(`app.kubernetes.io/component=${component}`, SYSTEM_NAMESPACE);
  return pods.map(({ metadata }) => metadata.name);
}

function rolledOut(component: string): void {
  const deployment = `deployment/mayfly-${component}`;
  kubectl('rollout', 'status', deployment, '-n', SYSTEM_NAMESPACE, '--timeout=120s');
}

async function callsGoOn(name: string, whatFails: () => Promise<void> | void): Promise<Traffic> {
  const options = { url: invokeUrl(name), perSecond: 50, total: 100_000 } as const;
  const traffic = new Traffic({ ...options, connections: 'kept' });
  onTestFinished(async () => {
    await traffic.stop();
  });
  await whatFails();
  const before = traffic.succeeded;
  await eventually(
    () => {
      const now = traffic.succeeded - before;
      if (now < 200) throw new Error(`calls do not go on: ${now.toString()} since then`);
    },
    { timeoutMs: 20_000 },
  );
  return traffic;
}

describe('when something fails', () => {
  it('operators killed: warm traffic goes on, and new execution environments come soon', async ({
    expect,
  }) => {
    explainFailure();
    const name = await useFunction(nodeSpec(QUICK));
    const other = await useFunction(nodeSpec(QUICK));
    await invoke(name);
    const traffic = await callsGoOn(name, () => {
      killAtOnce(SYSTEM_NAMESPACE, ...namesOf('operator'));
    });

    expect(summariseFailures((await traffic.stop()).failed)).toBe('');
    expect((await invoke(other, { n: 7 })).payload).toBe(7);
    rolledOut('operator');
  });

  it('a gateway killed: the rest serve', async ({ expect }) => {
    explainFailure();
    const name = await useFunction(nodeSpec(QUICK));
    await invoke(name);
    const [victim = ''] = namesOf('gateway');
    killAtOnce(SYSTEM_NAMESPACE, victim);
    // A connection to the dead one may still be made until kube-proxy has heard of it.
    const answer = await eventually(() => invoke(name, { n: 8 }), { timeoutMs: 10_000 });

    expect(answer.payload).toBe(8);
    rolledOut('gateway');
  });

  it('the API server stopped: warm traffic goes on', async ({ expect }) => {
    const cluster = process.env['MAYFLY_E2E_OWN_CLUSTER'];
    if (cluster === undefined) throw new Error('this test stops the API server of its own cluster');
    explainFailure();
    const name = await useFunction(nodeSpec(QUICK));
    await invoke(name);
    const url = invokeUrl(name);
    const script = `. ${cluster}/env; kill -KILL "$(pid_of apiserver)"`;
    const traffic = new Traffic({ url, perSecond: 50, total: 1000, connections: 'kept' });
    await eventually(() => {
      if (traffic.succeeded < 50) throw new Error('traffic has not begun');
    });
    execFileSync('bash', ['-c', script]);
    onTestFinished(() => {
      execFileSync(`${cluster}/up`, [], { stdio: 'ignore' });
    });
    const { failed } = await traffic.result;

    expect(summariseFailures(failed)).toBe('');
    execFileSync(`${cluster}/up`, [], { stdio: 'ignore' });
    rolledOut('operator');
    const other = await useFunction(nodeSpec(QUICK));
    expect((await invoke(other, { n: 9 })).payload).toBe(9);
  });

  it('a pod killed under an invocation: one clean error, and the next call is fine', async ({
    expect,
  }) => {
    const name = await useFunction(nodeSpec(SLOW, { timeout: 30 }));
    await invoke(name);
    const running = invoke(name, { ms: 20_000 });
    const [pod] = await eventually(() => {
      const pods = podsOf(name);
      if (pods.length === 0) throw new Error('no pod yet');
      return pods;
    });
    await eventually(async () => {
      const second: CallAnswer = await invoke(name);
      // A second execution environment: so the first runs the slow one.
      if (second.status !== 200) throw new Error('not yet');
    });
    killAtOnce(API_NAMESPACE, pod?.metadata.name ?? '');
    const broken = await running;

    expect(broken.status).toBe(502);
    expect((await invoke(name)).payload).toBe('done');
  });

  it('a crash or a timeout of a function: an error as Lambda words it, and the same pod goes on', async ({
    expect,
  }) => {
    const source = `exports.handler = async ({ mode }) => {
      if (mode === 'crash') process.exit(3);
      if (mode === 'hang') await new Promise((r) => setTimeout(r, 60000));
      return 'fine';
    };`;
    // The init that follows a reset is part of the invocation: on a busy machine that takes most of a second.
    const name = await useFunction(nodeSpec(source, { timeout: 5 }));
    expect((await invoke(name)).payload).toBe('fine');
    const pods = podsOf(name).map(({ metadata }) => metadata.name);

    expect((await invoke(name, { mode: 'crash' })).payload).toMatchObject({
      errorType: 'Runtime.ExitError',
    });
    expect((await invoke(name, { mode: 'hang' })).payload).toMatchObject({
      errorType: 'Sandbox.Timedout',
    });
    expect((await invoke(name)).payload).toBe('fine');
    expect(podsOf(name).map(({ metadata }) => metadata.name)).toEqual(pods);
  });

  it('memory beyond memorySize: the invocation fails, the next one is fine', async ({ expect }) => {
    const source = `exports.handler = async ({ mb = 0 }) => {
      const kept = [];
      for (let i = 0; i < mb; i += 1) kept.push(Buffer.alloc(1024 * 1024, 1));
      return kept.length;
    };`;
    const name = await useFunction(nodeSpec(source, { timeout: 20 }));
    const answer = await invoke(name, { mb: 400 });

    expect([answer.status, answer.functionError === undefined]).not.toEqual([200, true]);
    expect((await invoke(name, { mb: 1 })).payload).toBe(1);
  });
});
