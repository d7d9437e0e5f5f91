import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { apply, kubectl } from '../helpers/cluster.ts';

const CRDS = path.resolve(import.meta.dirname, '../../../crds');
const NAMESPACE = `frozen-${randomUUID().slice(0, 8)}`;

const SNAPSHOT = {
  revision: '0123456789abcdef',
  codeSha256: `${'A'.repeat(43)}=`,
  codeSize: 10,
  configuration: {
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    packageType: 'Zip',
    description: '',
    memorySize: 128,
    timeout: 3,
    environment: { variables: { GREETING: 'hello' } },
    podTemplate: { nodeSelector: { disk: 'ssd' } },
  },
};

/** What kubectl said, of success or of trouble. */
function said(...args: readonly string[]): string {
  try {
    return kubectl(...args, '-n', NAMESPACE);
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr);
  }
}

function patch(target: string, spec: object, ...flags: readonly string[]): string {
  return said('patch', target, '--type=merge', '-p', JSON.stringify({ spec }), ...flags);
}

function make(kind: string, name: string, spec: object): void {
  apply({
    apiVersion: 'mayfly.dev/v1alpha1',
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec,
  });
}

beforeAll(() => {
  kubectl('apply', '--server-side', '--force-conflicts', '-f', CRDS);
  kubectl('wait', '--for=condition=Established', '--timeout=20s', '-f', CRDS);
  kubectl('create', 'namespace', NAMESPACE);
  make('Version', 'one', { functionName: 'nobody', description: 'the first', codeSha256: 'x' });
  make('Alias', 'live', { functionName: 'nobody', name: 'live', functionVersion: '1' });
});

afterAll(() => {
  for (const kind of ['versions', 'aliases']) {
    const names = kubectl('get', `${kind}.mayfly.dev`, '-oname', '-n', NAMESPACE).trim();
    if (names === '') continue;
    patchFinalizersAway(names.split('\n'));
  }
  kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
});

function patchFinalizersAway(names: readonly string[]): void {
  const none = JSON.stringify({ metadata: { finalizers: null } });
  kubectl('patch', ...names, '-n', NAMESPACE, '--type=merge', '-p', none);
}

describe('the API server', () => {
  it('lets a version be filled once, and refuses each change of it', ({ expect }) => {
    expect(patch('version/one', { version: 3 })).toContain('go together');
    expect(patch('version/one', { version: 3, snapshot: SNAPSHOT })).toContain('patched');
    const kept = JSON.parse(said('get', 'version', 'one', '-ojson')) as { spec: object };
    expect(kept.spec).toMatchObject({ version: 3, snapshot: SNAPSHOT });

    const stays = 'a published version stays as it is';
    const changes = [
      [{ snapshot: { configuration: { memorySize: 256 } } }, stays],
      [{ snapshot: { configuration: { environment: { variables: { GREETING: 'x' } } } } }, stays],
      [{ snapshot: { configuration: { podTemplate: { nodeSelector: { disk: null } } } } }, stays],
      [{ snapshot: { codeSha256: `${'B'.repeat(43)}=` } }, stays],
      [{ version: 4 }, stays],
      [{ version: null, snapshot: null }, stays],
      [{ functionName: 'somebody' }, 'cannot be changed'],
      [{ description: 'other' }, 'cannot be changed'],
      [{ codeSha256: null }, 'cannot be changed'],
      [{ revisionId: 'x' }, 'cannot be changed'],
    ] as const;
    for (const [spec, text] of changes) {
      expect.soft(patch('version/one', spec, '--dry-run=server')).toContain(text);
    }
    const provisioned = { provisionedConcurrency: { provisionedConcurrentExecutions: 1 } };
    expect(patch('version/one', provisioned, '--dry-run=server')).toContain('patched');
  });

  it('keeps what bounds of today refuse, where it is frozen', ({ expect }) => {
    const configuration = { ...SNAPSHOT.configuration, memorySize: 64, future: { a: 1 } };
    const snapshot = { ...SNAPSHOT, configuration };
    make('Version', 'old', { functionName: 'nobody', version: 1, snapshot });
    const kept = JSON.parse(said('get', 'version', 'old', '-ojson')) as { spec: object };
    expect(kept.spec).toMatchObject({ snapshot });
  });

  it('refuses aliases that contradict themselves', ({ expect }) => {
    const weights = (additionalVersionWeights: object): object => ({
      routingConfig: { additionalVersionWeights },
    });
    const refused = [
      [weights({ 2: 0.1, 3: 0.1 }), 'must name at most one additional version'],
      [weights({ 1: 0.1 }), 'must name another version than spec.functionVersion'],
      [weights({ beta: 0.1 }), 'keys must be version numbers'],
      [weights({ 2: 1.1 }), 'should be less than or equal to 1'],
      [
        { functionVersion: '$LATEST', ...weights({ 2: 0.1 }) },
        '$LATEST is not supported for an alias pointing to more than 1 version',
      ],
      [
        {
          rollout: { type: 'Canary', stepPercentage: 10, intervalSeconds: 60 },
          ...weights({ 2: 0.1 }),
        },
        'a rollout sets the weights itself',
      ],
      [{ name: 'other' }, 'cannot be changed'],
      [{ functionName: 'other' }, 'cannot be changed'],
      [{ url: { authType: 'OPEN' } }, 'spec.url.authType'],
    ] as const;
    for (const [spec, text] of refused) {
      expect.soft(patch('alias/live', spec, '--dry-run=server')).toContain(text);
    }
    expect(patch('alias/live', weights({ 2: 0.1 }), '--dry-run=server')).toContain('patched');
  });
});
