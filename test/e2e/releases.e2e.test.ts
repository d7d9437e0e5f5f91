import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import {
  API_NAMESPACE,
  apply,
  gatewayUrl,
  invoke,
  kubectl,
  nodeSpec,
  useFunction,
  waitReady,
} from './helpers/cluster.ts';
import { change, find, put, says } from './helpers/releases.ts';

const ANSWERS = (text: string): string => `exports.handler = async () => '${text}';`;
const TYPE =
  "exports.handler = async ({ ms = 0 }) => { await new Promise((r) => setTimeout(r, ms)); return process.env.AWS_LAMBDA_INITIALIZATION_TYPE + ' ' + process.env.AWS_LAMBDA_FUNCTION_VERSION; };";

/** A function whose two versions say which they are. */
async function useTwoVersions(spec: object = {}): Promise<string> {
  const functionName = await useFunction(nodeSpec(ANSWERS('one'), { ...spec }));
  put('Version', `${functionName}-1`, { functionName });
  await says('Version', `${functionName}-1`, 'True Published');
  change('Function', functionName, nodeSpec(ANSWERS('two'), { ...spec }));
  await waitReady(functionName);
  put('Version', `${functionName}-2`, { functionName });
  await says('Version', `${functionName}-2`, 'True Published');
  return functionName;
}

interface Call {
  readonly startedMs: number;
  readonly status: number;
  readonly payload: unknown;
}

/** So many callers, one call after the other each, until `stop`. */
function callOnAndOn(name: string, callers: number): { stop(): Promise<readonly Call[]> } {
  const calls: Call[] = [];
  let isOver = false;
  const callAgain = async (): Promise<void> => {
    while (!isOver) {
      const startedMs = performance.now();
      const { status, payload } = await invoke(name);
      calls.push({ startedMs, status, payload });
    }
  };
  const running = Array.from({ length: callers }, callAgain);
  const stop = async (): Promise<readonly Call[]> => {
    isOver = true;
    await Promise.all(running);
    return calls;
  };
  onTestFinished(async () => {
    await stop();
  });
  return { stop };
}

describe('versions and aliases', () => {
  it('are called by their qualifier, and say which version has run', async ({ expect }) => {
    const functionName = await useTwoVersions();
    const url = { authType: 'NONE' };
    put('Alias', `${functionName}-live`, { functionName, name: 'live', functionVersion: '1', url });
    await says('Alias', `${functionName}-live`, 'True Routed');
    for (const [name, payload, executedVersion] of [
      [functionName, 'two', '$LATEST'],
      [`${functionName}:1`, 'one', '1'],
      [`${functionName}:2`, 'two', '2'],
      [`${functionName}:live`, 'one', '1'],
    ] as const) {
      expect(await invoke(name)).toMatchObject({ status: 200, payload, executedVersion });
    }
    expect(await invoke(`${functionName}:3`)).toMatchObject({ status: 404 });
    const byUrl = await fetch(`${gatewayUrl()}/url/${API_NAMESPACE}/${functionName}:live`);
    expect(await byUrl.text()).toBe('one');
    const ofFunction = await fetch(`${gatewayUrl()}/url/${API_NAMESPACE}/${functionName}`);
    expect(ofFunction.status).toBe(403);
  });

  it('share invocations by their weights', async ({ expect }) => {
    const functionName = await useTwoVersions();
    put('Alias', `${functionName}-live`, {
      functionName,
      name: 'live',
      functionVersion: '1',
      routingConfig: { additionalVersionWeights: { 2: 0.25 } },
    });
    await says('Alias', `${functionName}-live`, 'True Routed');
    const picked: unknown[] = [];
    for (let i = 0; i < 40; i += 1) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => invoke(`${functionName}:live`)),
      );
      picked.push(...answers.map(({ payload }) => payload));
    }
    const share = picked.filter((payload) => payload === 'two').length / picked.length;
    // Of 400 draws of a quarter, 99.99 % lie within four standard deviations.
    expect(share).toBeGreaterThan(0.25 - 0.087);
    expect(share).toBeLessThan(0.25 + 0.087);
  });
});

describe('an alias that moves while it is called', () => {
  it('fails no call, and from its acknowledgement on no gateway runs the old version', async ({
    expect,
  }) => {
    const functionName = await useTwoVersions();
    const alias = `${functionName}-live`;
    put('Alias', alias, { functionName, name: 'live', functionVersion: '1' });
    await says('Alias', alias, 'True Routed');
    // Both are warm: what is measured is the change.
    await Promise.all(['live', '2'].map((qualifier) => invoke(`${functionName}:${qualifier}`)));
    const traffic = callOnAndOn(`${functionName}:live`, 6);
    for (const functionVersion of ['2', '1', '2']) {
      change('Alias', alias, { functionName, name: 'live', functionVersion });
      await says('Alias', alias, 'True Routed');
    }
    const acknowledgedMs = performance.now();
    await eventually(async () => {
      expect((await invoke(`${functionName}:live`)).payload).toBe('two');
    });
    const calls = await traffic.stop();
    expect(calls.filter(({ status }) => status !== 200)).toEqual([]);
    const later = calls.filter(({ startedMs }) => startedMs > acknowledgedMs);
    expect(new Set(later.map(({ payload }) => payload))).toEqual(new Set(['two']));
  });

  it('stays where it was when it is to point to nothing', async ({ expect }) => {
    const functionName = await useTwoVersions();
    const alias = `${functionName}-live`;
    put('Alias', alias, { functionName, name: 'live', functionVersion: '1' });
    await says('Alias', alias, 'True Routed');
    change('Alias', alias, { functionName, name: 'live', functionVersion: '9' });
    await says('Alias', alias, 'False VersionNotFound');
    expect(await invoke(`${functionName}:live`)).toMatchObject({ status: 200, payload: 'one' });
  });
});

describe('provisioned concurrency', () => {
  it('is there before the first call, is used first, and what it cannot serve starts on demand', async ({
    expect,
  }) => {
    const functionName = await useFunction(nodeSpec(TYPE, { timeout: 30 }));
    const version = `${functionName}-1`;
    const provisionedConcurrency = { provisionedConcurrentExecutions: 2 };
    put('Version', version, { functionName, provisionedConcurrency });
    await eventually(
      () => {
        expect(find('Version', version).status?.provisionedConcurrency).toMatchObject({
          status: 'READY',
          allocatedProvisionedConcurrentExecutions: 2,
        });
      },
      { timeoutMs: 60_000, intervalMs: 200 },
    );
    expect(await invoke(`${functionName}:1`)).toMatchObject({
      payload: 'provisioned-concurrency 1',
      executedVersion: '1',
    });
    const answers = await Promise.all(
      [1, 2, 3].map(() => invoke(`${functionName}:1`, { ms: 6000 })),
    );
    expect(answers.map(({ payload }) => payload).sort()).toEqual([
      'on-demand 1',
      'provisioned-concurrency 1',
      'provisioned-concurrency 1',
    ]);
  });

  it("that is more than the reservation fails in Lambda's words, and keeps what there is", async ({
    expect,
  }) => {
    const functionName = await useFunction(nodeSpec(TYPE, { reservedConcurrentExecutions: 1 }));
    const version = `${functionName}-1`;
    put('Version', version, {
      functionName,
      provisionedConcurrency: { provisionedConcurrentExecutions: 1 },
    });
    const isStatus = (wanted: object): Promise<void> =>
      eventually(
        () => {
          expect(find('Version', version).status?.provisionedConcurrency).toMatchObject(wanted);
        },
        { timeoutMs: 60_000, intervalMs: 200 },
      );
    await isStatus({ status: 'READY', allocatedProvisionedConcurrentExecutions: 1 });
    const patch = { spec: { provisionedConcurrency: { provisionedConcurrentExecutions: 2 } } };
    const target = ['version.mayfly.dev', version, '-n', API_NAMESPACE];
    kubectl('patch', ...target, '--type=merge', '-p', JSON.stringify(patch));
    await isStatus({
      status: 'FAILED',
      statusReason:
        'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
      allocatedProvisionedConcurrentExecutions: 1,
    });
  });
});

describe('a Function with publish: OnChange', () => {
  it('publishes each code that an alias can then be moved to', async ({ expect }) => {
    const functionName = await useFunction(nodeSpec(ANSWERS('one'), { publish: 'OnChange' }));
    await eventually(
      async () => {
        expect((await invoke(`${functionName}:1`)).payload).toBe('one');
      },
      { timeoutMs: 20_000 },
    );
    apply({
      apiVersion: 'mayfly.dev/v1alpha1',
      kind: 'Function',
      metadata: { name: functionName, namespace: API_NAMESPACE },
      spec: nodeSpec(ANSWERS('two'), { publish: 'OnChange' }),
    });
    await eventually(
      async () => {
        expect((await invoke(`${functionName}:2`)).payload).toBe('two');
      },
      { timeoutMs: 20_000 },
    );
    expect((await invoke(`${functionName}:1`)).payload).toBe('one');
  });
});
