import type { AliasResource } from '@mayfly/api';
import { StoreError, type ReleaseFacts } from '@mayfly/core';
import { aPublishedVersion, anActiveFunction, anAlias, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { AliasController, type AliasControllerDeps } from './controller.ts';

const { signal } = new AbortController();
const FACTS: ReleaseFacts = {
  fn: anActiveFunction(),
  versions: [aPublishedVersion(1), aPublishedVersion(2)],
  aliases: [],
};

const AT_ONCE = { rollout: undefined, condition: undefined, requeueAfterMs: undefined };

const ROLLOUT = {
  phase: 'Progressing',
  fromVersion: '1',
  toVersion: '2',
  percentage: 10,
  step: 1,
  startedAt: '2026-01-01T00:00:00Z',
  steppedAt: '2026-01-01T00:00:00Z',
} as const;

function makeTestBed(overrides: Partial<AliasControllerDeps> = {}) {
  const written: AliasResource[] = [];
  const events: string[] = [];
  let ids = 0;
  const patchStatus = (alias: AliasResource): Promise<AliasResource> => {
    written.push(alias);
    return Promise.resolve(alias);
  };
  const controller = new AliasController({
    store: { patchStatus } as unknown as AliasControllerDeps['store'],
    book: { facts: () => FACTS },
    events: { record: (_object, { type, reason }) => events.push(`${type} ${reason}`) },
    clock: new FakeClock(),
    account: { region: 'eu-west-1', accountId: '000000000000' },
    makeId: () => `id-${String((ids += 1))}`,
    makeUrl: ({ spec }) => spec.url && 'http://live.test/',
    isVersionConfirmed: () => true,
    isRoutingConfirmed: () => true,
    listSilent: () => [],
    rollouts: { step: (_alias, routing) => ({ ...AT_ONCE, routing }) },
    provisioner: { statusOf: () => undefined },
    ...overrides,
  });
  const reconcile = (alias: AliasResource) => controller.reconcile(alias, signal);
  return { reconcile, written, events };
}

/** An Alias as the controller leaves it. */
async function aRoutedAlias(): Promise<AliasResource> {
  const { reconcile, written } = makeTestBed();
  await reconcile(anAlias());
  await reconcile(written[0] ?? anAlias());
  return written[1] ?? anAlias();
}

describe('AliasController', () => {
  it('routes, then says so', async ({ expect }) => {
    const { reconcile, written, events } = makeTestBed();
    await expect(reconcile(anAlias())).resolves.toMatchObject({ kind: 'requeueAfter' });
    await expect(reconcile(written[0] ?? anAlias())).resolves.toEqual({ kind: 'done' });
    expect(written[1]?.status).toMatchObject({
      routing: { functionVersion: '1' },
      revisionId: 'id-1',
      conditions: [{ type: 'Ready', status: 'True', message: 'hello:live is version 1.' }],
    });
    expect(events).toEqual(['Normal Routed']);
  });

  it('says what its rollout says, and looks again when the next step is due', async ({
    expect,
  }) => {
    const routing = { functionVersion: '1', additionalVersion: { version: '2', weight: 0.1 } };
    const condition = { status: 'Unknown', reason: 'RollingOut', message: 'a tenth' } as const;
    const step = { ...AT_ONCE, routing, condition, requeueAfterMs: 700 };
    const { reconcile, written } = makeTestBed({
      rollouts: { step: () => step },
      isRoutingConfirmed: () => {
        throw new Error('nobody is asked');
      },
    });
    const result = await reconcile(anAlias());
    expect(result).toMatchObject({ kind: 'requeueAfter', delayMs: 700 });
    expect(written[0]?.status).toMatchObject({ routing, conditions: [condition] });
  });

  it('writes down what is provisioned', async ({ expect }) => {
    const provisioned = {
      status: 'IN_PROGRESS',
      requestedProvisionedConcurrentExecutions: 2,
      allocatedProvisionedConcurrentExecutions: 1,
      availableProvisionedConcurrentExecutions: 1,
    } as const;
    const { reconcile, written } = makeTestBed({ provisioner: { statusOf: () => provisioned } });
    await reconcile(anAlias());
    expect(written[0]?.status?.provisionedConcurrency).toEqual(provisioned);
  });

  it('writes nothing when stable, nor of one that is being deleted', async ({ expect }) => {
    const { reconcile, written } = makeTestBed();
    await reconcile(await aRoutedAlias());
    await reconcile(anAlias({ metadata: { deletionTimestamp: '2026-01-02T00:00:00Z' } }));
    expect(written).toEqual([]);
  });

  it('is ready once every gateway routes by it', async ({ expect }) => {
    let isConfirmed = false;
    const { reconcile, written, events } = makeTestBed({ isRoutingConfirmed: () => isConfirmed });
    await expect(reconcile(anAlias())).resolves.toMatchObject({ kind: 'requeueAfter' });
    const [pending] = written;
    await reconcile(pending ?? anAlias());
    expect(written).toHaveLength(1);
    expect(pending?.status).toMatchObject({
      routing: { functionVersion: '1' },
      conditions: [{ status: 'Unknown', reason: 'RoutingPending' }],
    });
    isConfirmed = true;
    await reconcile(pending ?? anAlias());
    expect(written[1]?.status).toMatchObject({
      revisionId: 'id-1',
      conditions: [{ status: 'True', reason: 'Routed' }],
    });
    expect(events).toEqual(['Normal Routed']);
  });

  it('points to no version that a gateway may not know', async ({ expect }) => {
    const asked: string[] = [];
    const { reconcile, written } = makeTestBed({
      isVersionConfirmed: ({ metadata }) => {
        asked.push(metadata.name);
        return false;
      },
    });
    await reconcile(anAlias());
    expect(written[0]?.status?.routing).toBeUndefined();
    expect(written[0]?.status?.conditions).toMatchObject([
      { status: 'Unknown', reason: 'RoutingPending', message: 'Gateways are taking in version 1.' },
    ]);
    expect(asked).toHaveLength(1);
    // What is routed already is known.
    await reconcile(await aRoutedAlias());
    expect(asked).toHaveLength(1);
    expect(written).toHaveLength(1);
  });

  it('names the gateways that do not answer', async ({ expect }) => {
    const listSilent = () => ['g1', 'g2'];
    const unknown = makeTestBed({ isVersionConfirmed: () => false, listSilent });
    await expect(unknown.reconcile(anAlias())).resolves.toMatchObject({ delayMs: 1000 });
    const unrouted = makeTestBed({ isRoutingConfirmed: () => false, listSilent });
    await unrouted.reconcile(anAlias());
    const said = [unknown, unrouted].map(
      ({ written }) => written[0]?.status?.conditions[0]?.message,
    );
    expect(said).toEqual([
      'Gateways are taking in version 1. No answer yet from g1, g2.',
      'Gateways are taking in where it points. No answer yet from g1, g2.',
    ]);
  });

  it('has a new revisionId also when it waited for gateways first', async ({ expect }) => {
    const before = await aRoutedAlias();
    const changed = {
      ...before,
      metadata: { ...before.metadata, generation: 2 },
      spec: { ...before.spec, functionVersion: '2' },
    };
    const waiting = makeTestBed({ isVersionConfirmed: () => false });
    await waiting.reconcile(changed);
    const [pending] = waiting.written;
    expect(pending?.status).toMatchObject({ observedGeneration: 1 });
    const rollout = { ...ROLLOUT, startedAt: '2026-01-02T00:00:00Z' };
    const routing = { functionVersion: '1', additionalVersion: { version: '2', weight: 0.1 } };
    const begun = { ...AT_ONCE, routing, rollout };
    const { reconcile, written } = makeTestBed({
      makeId: () => 'new',
      rollouts: { step: () => begun },
    });
    await reconcile(pending ?? changed);
    expect(written[0]?.status).toMatchObject({ observedGeneration: 2, revisionId: 'new' });
  });

  it('asks no gateway again what all have said', async ({ expect }) => {
    const { reconcile, written } = makeTestBed({ isRoutingConfirmed: () => false });
    await expect(reconcile(await aRoutedAlias())).resolves.toEqual({ kind: 'done' });
    expect(written).toEqual([]);
  });

  it('says which share goes where', async ({ expect }) => {
    const { reconcile, written } = makeTestBed();
    const routingConfig = { additionalVersionWeights: { 2: 0.03 } };
    await reconcile(anAlias({ spec: { routingConfig } }));
    await reconcile(written[0] ?? anAlias());
    expect(written[1]?.status?.conditions[0]?.message).toBe(
      'hello:live is version 1, and version 2 for 3.0 % of the invocations.',
    );
  });

  it('keeps what was routed while the new wish cannot be had', async ({ expect }) => {
    const before = await aRoutedAlias();
    const { reconcile, written, events } = makeTestBed();
    await expect(
      reconcile({
        ...before,
        metadata: { ...before.metadata, generation: 2 },
        spec: { ...before.spec, functionVersion: '3' },
      }),
    ).resolves.toMatchObject({ kind: 'requeueAfter' });
    expect(written[0]?.status).toMatchObject({
      observedGeneration: 2,
      routing: { functionVersion: '1' },
      revisionId: before.status?.revisionId,
      conditions: [{ status: 'False', reason: 'VersionNotFound' }],
    });
    expect(events).toEqual(['Warning VersionNotFound']);
  });

  it('gives a new revisionId to each change', async ({ expect }) => {
    const before = await aRoutedAlias();
    const { reconcile, written } = makeTestBed({ makeId: () => 'new' });
    const metadata = { ...before.metadata, generation: 2 };
    await reconcile({ ...before, metadata, spec: { ...before.spec, description: 'words' } });
    expect(written[0]?.status?.revisionId).toBe('new');
  });

  it('leaves a conflict to the queue', async ({ expect }) => {
    const patchStatus = (): Promise<never> => Promise.reject(new StoreError('Conflict', 'changed'));
    const store = { patchStatus } as unknown as AliasControllerDeps['store'];
    const { reconcile } = makeTestBed({ store });
    await expect(reconcile(anAlias())).rejects.toMatchObject({ code: 'Conflict' });
  });
});
