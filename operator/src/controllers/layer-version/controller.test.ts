import type { LayerVersionResource } from '@mayfly/api';
import type { CodeProgress, VersionedFunction } from '@mayfly/core';
import { aLayerVersion, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { LayerVersionController, type LayerVersionControllerDeps } from './controller.ts';

const { signal } = new AbortController();
const ARN = 'arn:aws:lambda:us-east-1:000000000000:layer:libs';

function makeTestDeps(overrides: Partial<LayerVersionControllerDeps> = {}) {
  const updates: LayerVersionResource[] = [];
  const written: LayerVersionResource[] = [];
  const counted: string[] = [];
  const asked: string[] = [];
  const note = (list: LayerVersionResource[]) => (layer: LayerVersionResource) => {
    list.push(layer);
    return Promise.resolve(layer);
  };
  const deps: LayerVersionControllerDeps = {
    store: { update: note(updates), patchStatus: note(written) } as never,
    code: {
      resolve: ({ metadata }): Promise<CodeProgress> => {
        asked.push(metadata.name);
        return Promise.resolve({ kind: 'resolved', codeSha256: 'sha-1', codeSize: 10 });
      },
    },
    numbers: {
      next: ({ functionName }: VersionedFunction) => {
        counted.push(functionName);
        return Promise.resolve(4);
      },
      passOver: ({ functionName }, number) => {
        counted.push(`${functionName} ${number.toString()}`);
        return Promise.resolve();
      },
    },
    book: { find: () => undefined },
    events: { record: () => undefined },
    account: { region: 'us-east-1', accountId: '000000000000' },
    clock: new FakeClock(),
    platform: 'embedded',
    ...overrides,
  };
  const controller = new LayerVersionController(deps);
  const reconcile = (layer: LayerVersionResource) => controller.reconcile(layer, signal);
  return { reconcile, updates, written, counted, asked };
}

function readyOf(layer: LayerVersionResource | undefined): string {
  const [ready] = layer?.status?.conditions ?? [];
  return `${String(ready?.status)} ${String(ready?.reason)}`;
}

describe('LayerVersionController', () => {
  it('fetches the archive and gives a number', async ({ expect }) => {
    const { reconcile, updates, written, counted } = makeTestDeps();
    await expect(reconcile(aLayerVersion())).resolves.toEqual({ kind: 'done' });
    expect(updates.map(({ spec }) => spec.version)).toEqual([4]);
    expect(counted).toEqual(['layer.libs']);
    expect(written[0]?.status).toMatchObject({
      version: '4',
      layerArn: ARN,
      layerVersionArn: `${ARN}:4`,
      codeSha256: 'sha-1',
      codeSize: 10,
    });
    expect(readyOf(written[0])).toBe('True Published');
  });

  it('writes nothing when it is stable, and reads no source twice', async ({ expect }) => {
    const first = makeTestDeps();
    await first.reconcile(aLayerVersion());
    const again = makeTestDeps();
    await again.reconcile(first.written[0] ?? aLayerVersion());
    const { updates, written, counted, asked } = again;
    expect({ updates, written, counted, asked }).toEqual({
      updates: [],
      written: [],
      counted: [],
      asked: [],
    });
  });

  it('keeps a number that it came with, and never gives it again', async ({ expect }) => {
    const { reconcile, updates, written, counted } = makeTestDeps();
    await reconcile(aLayerVersion({ spec: { version: 9 } }));
    expect(updates).toEqual([]);
    expect(counted).toEqual(['layer.libs 9']);
    expect(written[0]?.status?.layerVersionArn).toBe(`${ARN}:9`);
  });

  it('gives no number to what has no archive', async ({ expect }) => {
    const refused = { kind: 'refused', reason: 'CodeNotFound', message: 'No.' } as const;
    const { reconcile, written, counted } = makeTestDeps({
      code: { resolve: () => Promise.resolve(refused) },
    });
    await expect(reconcile(aLayerVersion())).resolves.toMatchObject({ kind: 'requeueAfter' });
    expect(counted).toEqual([]);
    expect(readyOf(written[0])).toBe('False CodeNotFound');
  });

  it('says that an archive is on its way', async ({ expect }) => {
    const { reconcile, written } = makeTestDeps({
      code: { resolve: () => Promise.resolve({ kind: 'pending', message: 'Soon.' }) },
    });
    await reconcile(aLayerVersion());
    expect(readyOf(written[0])).toBe('Unknown CodePending');
  });

  it('names a source that is not served here', async ({ expect }) => {
    const { reconcile, written } = makeTestDeps();
    await reconcile(aLayerVersion({ spec: { content: { zip: { url: 'http://a/b.zip' } } } }));
    expect(readyOf(written[0])).toBe('False FieldNotServed');
    expect(written[0]?.status?.conditions[0]?.message).toMatch(/^spec\.content\.zip\.url /);
  });

  it('leaves a number to the older object', async ({ expect }) => {
    const holder = aLayerVersion({ metadata: { name: 'older', uid: 'u-older' } });
    const { reconcile, written } = makeTestDeps({ book: { find: () => holder } });
    await reconcile(aLayerVersion({ spec: { version: 1 } }));
    expect(readyOf(written[0])).toBe('False LayerVersionTaken');
    expect(written[0]?.status?.codeSha256).toBeUndefined();
  });

  it('forgets the fetch of one that is deleted', async ({ expect }) => {
    const forgotten: string[] = [];
    const { reconcile, written } = makeTestDeps({
      code: {
        resolve: () => Promise.reject(new Error('not asked')),
        forget: ({ metadata }) => forgotten.push(metadata.name),
      },
    });
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    await reconcile(aLayerVersion({ metadata: { deletionTimestamp } }));
    expect(forgotten).toEqual(['layer:libs-1']);
    expect(written).toEqual([]);
  });
});
