import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import {
  aFunctionManifest,
  API_NAMESPACE,
  getFunction,
  invoke,
  kubectl,
  nodeSpec,
  podsOf,
  refusalOf,
  useFunction,
} from './helpers/cluster.ts';

const SOURCE = 'exports.handler = async () => 1;';

describe('the life of a Function', () => {
  it('ends with its pods', async ({ expect }) => {
    const name = await useFunction(nodeSpec(SOURCE));
    await invoke(name);
    expect(podsOf(name)).toHaveLength(1);
    kubectl('delete', 'fn', name, '-n', API_NAMESPACE, '--timeout=30s');
    await eventually(
      () => {
        const left = kubectl(
          'get',
          'pods',
          '-n',
          API_NAMESPACE,
          '-l',
          `mayfly.dev/function=${name}`,
          '-o',
          'name',
        );
        if (left !== '') throw new Error(`still there: ${left}`);
      },
      { timeoutMs: 20_000 },
    );

    expect((await invoke(name)).status).toBe(404);
  });

  it('shows in kubectl get, get -o wide, explain and events', async ({ expect }) => {
    const name = await useFunction(nodeSpec(SOURCE, { url: { authType: 'NONE' } }));
    const table = kubectl('get', 'fn', name, '-n', API_NAMESPACE);
    const wide = kubectl('get', 'fn', name, '-n', API_NAMESPACE, '-o', 'wide');

    expect(table).toMatch(/NAME\s+STATE\s+READY\s+RUNTIME/);
    expect(table).toMatch(/Active\s+True\s+nodejs24\.x/);
    expect(wide).toContain('lambda-url.us-east-1');
    expect(kubectl('explain', 'fn.spec.timeout')).toContain(
      'Seconds before an invocation is stopped',
    );
    expect(
      kubectl(
        'get',
        'events',
        '-n',
        API_NAMESPACE,
        '--field-selector',
        `involvedObject.name=${name}`,
      ),
    ).toContain('can be invoked');
  });

  it('shows what runs in status', async ({ expect }) => {
    const name = await useFunction(nodeSpec(SOURCE));
    await invoke(name);
    await eventually(() => {
      const { status } = getFunction(name) as { status?: { executionEnvironments?: object } };
      expect(status?.executionEnvironments).toEqual({ desired: 1, ready: 1, busy: 0 });
    });
  });
});

describe('the API server itself', () => {
  it.for([
    ['memorySize', { memorySize: 64 }, /spec\.memorySize.*128/],
    ['timeout', { timeout: 901 }, /spec\.timeout.*900/],
    ['a misspelt field', { memory: 128 }, /memory/],
    ['no code', { code: {} }, /exactly one of inline, zip and image/],
    [
      'two codes',
      { code: { inline: 'x', zip: { url: 'https://x.example/a.zip' } } },
      /exactly one/,
    ],
    ['a planned field', { layers: ['arn:aws:lambda:us-east-1:0:layer:x:1'] }, /layers/],
    [
      'a reserved variable',
      { environment: { variables: { AWS_REGION: 'x' } } },
      /the platform sets/,
    ],
  ] as const)('refuses %s in words', ([, spec, message], { expect }) => {
    expect(refusalOf(aFunctionManifest('refused', nodeSpec(SOURCE, spec)))).toMatch(message);
  });
});
