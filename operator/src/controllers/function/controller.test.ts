import type { FunctionResource, FunctionStatus } from '@mayfly/api';
import { StoreError, type CodeResolution, type SignedArchives } from '@mayfly/core';
import { FakeClock, FakeDriver, aFunction } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import {
  FUNCTION_FINALIZER,
  FunctionController,
  type FunctionControllerDeps,
} from './controller.ts';
import { FunctionNames } from './function-names.ts';
import { NO_VERSIONS } from './testing/no-versions.ts';

const { signal } = new AbortController();
const resolved: CodeResolution = { kind: 'resolved', codeSha256: 'sha-1', codeSize: 10 };

function makeTestDeps(overrides: Partial<FunctionControllerDeps> = {}) {
  const updates: FunctionResource[] = [];
  const statuses: FunctionStatus[] = [];
  const store = {
    update: (fn: FunctionResource) => {
      updates.push(fn);
      return Promise.resolve(fn);
    },
    patchStatus: (fn: FunctionResource) => {
      if (fn.status !== undefined) statuses.push(fn.status);
      return Promise.resolve(fn);
    },
  } as FunctionControllerDeps['store'];
  const events: { type: string; reason: string; message: string }[] = [];
  let ids = 0;
  const deps: FunctionControllerDeps = {
    store,
    driver: new FakeDriver(),
    code: { resolve: () => Promise.resolve(resolved) },
    layers: { resolve: () => ({ kind: 'resolved', layers: [] }) },
    codeSigning: { judge: () => ({ kind: 'unasked' as const }) },
    fleet: {
      counts: () => ({ desired: 0, ready: 0, busy: 0 }),
      hasAny: () => false,
      evaluate: () => undefined,
      startFailure: () => undefined,
    },
    events: {
      record: (_fn, event) => events.push(event),
    },
    functions: () => [],
    names: new FunctionNames(),
    versions: NO_VERSIONS,
    clock: new FakeClock(),
    makeId: () => `id-${String((ids += 1))}`,
    makeUrl: () => undefined,
    limits: { accountConcurrency: 1000 },
    platform: 'embedded',
    architecture: 'x86_64',
    ...overrides,
  };
  const controller = new FunctionController(deps);
  const reconcile = (fn: FunctionResource) => controller.reconcile(fn, signal);
  return { reconcile, updates, statuses, events };
}

const owned = { finalizers: [FUNCTION_FINALIZER] };

/** A Function as the controller itself leaves it. */
async function aServedFunction(): Promise<FunctionResource> {
  const { reconcile, statuses } = makeTestDeps();
  const fn = aFunction({ metadata: owned });
  await reconcile(fn);
  // As it is read back.
  const status = JSON.parse(JSON.stringify(statuses[0])) as FunctionStatus;
  return { ...fn, status };
}

describe('FunctionController', () => {
  it('serves a good spec', async ({ expect }) => {
    const { reconcile, updates, statuses } = makeTestDeps();

    await expect(reconcile(aFunction())).resolves.toEqual({ kind: 'done' });

    expect(updates[0]?.metadata.finalizers).toEqual([FUNCTION_FINALIZER]);
    expect(statuses[0]).toMatchObject({
      state: 'Active',
      lastUpdateStatus: 'Successful',
      codeSha256: 'sha-1',
      revisionId: 'id-1',
      conditions: [{ type: 'Ready', status: 'True' }, {}, {}],
    });
    expect(statuses[0]?.served?.configuration).not.toHaveProperty('code');
  });

  it('tells of the first success and of a failure, once each', async ({ expect }) => {
    const { reconcile, events } = makeTestDeps();
    await reconcile(aFunction({ metadata: owned }));
    await reconcile(await aServedFunction());
    expect(events).toEqual([{ type: 'Normal', reason: 'Active', message: expect.any(String) }]);

    const code = {
      resolve: () =>
        Promise.resolve({ kind: 'refused', reason: 'CodeNotFound', message: 'x' } as const),
    };
    const failing = makeTestDeps({ code });
    await failing.reconcile(await aServedFunction());
    expect(failing.events).toEqual([{ type: 'Warning', reason: 'CodeNotFound', message: 'x' }]);
  });

  it('says why no execution environment can be made, and takes it back', async ({ expect }) => {
    const failure = { reason: 'ImagePullFailed', message: 'no such image' };
    const counts = { desired: 0, ready: 0, busy: 0 };
    const fleet = {
      counts: () => counts,
      hasAny: () => false,
      evaluate: () => undefined,
      startFailure: () => undefined,
    };
    const failing = makeTestDeps({ fleet: { ...fleet, startFailure: () => failure } });
    const served = await aServedFunction();
    await failing.reconcile(served);
    const condition = failing.statuses[0]?.conditions.find((c) => c.type === 'WorkloadAvailable');
    expect(condition).toMatchObject({ status: 'False', ...failure });
    expect(failing.events).toEqual([{ type: 'Warning', ...failure }]);

    const healed = makeTestDeps();
    const [status] = failing.statuses;
    await healed.reconcile({ ...served, ...(status && { status }) });
    expect(healed.statuses[0]?.conditions.map((c) => c.type)).not.toContain('WorkloadAvailable');
  });

  it('writes nothing when stable', async ({ expect }) => {
    const { reconcile, updates, statuses } = makeTestDeps();

    await reconcile(await aServedFunction());

    expect([updates, statuses]).toEqual([[], []]);
  });

  it('fails a function whose runtime is not there, with the reason', async ({ expect }) => {
    const driver = new FakeDriver();
    driver.support = { kind: 'unavailable', reason: 'RuntimeNotInstalled', message: 'install it' };
    const { reconcile, statuses } = makeTestDeps({ driver });

    await expect(reconcile(aFunction())).resolves.toMatchObject({ kind: 'requeueAfter' });

    expect(statuses[0]).toMatchObject({
      state: 'Failed',
      stateReason: 'install it',
      stateReasonCode: 'RuntimeNotInstalled',
    });
  });

  it('keeps the old revision when the new code cannot be had', async ({ expect }) => {
    const before = await aServedFunction();
    const { reconcile, statuses } = makeTestDeps({
      code: {
        resolve: () =>
          Promise.resolve({ kind: 'refused', reason: 'CodeNotFound', message: 'no such file' }),
      },
    });

    await reconcile(before);

    expect(statuses[0]).toMatchObject({
      state: 'Active',
      lastUpdateStatus: 'Failed',
      lastUpdateStatusReason: 'no such file',
      served: before.status?.served,
      conditions: [{ type: 'Ready', status: 'False', reason: 'CodeNotFound' }, {}, {}],
    });
  });

  it('keeps the old revision when a layer is not there, and forgets that when it is', async ({
    expect,
  }) => {
    const before = await aServedFunction();
    const missing = { kind: 'refused', reason: 'LayerNotFound', message: 'no layer' } as const;
    const broken = makeTestDeps({ layers: { resolve: () => missing } });
    await broken.reconcile(before);
    const [status] = broken.statuses;
    expect(status).toMatchObject({
      state: 'Active',
      lastUpdateStatus: 'Failed',
      served: before.status?.served,
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'LayersResolved', reason: 'LayerNotFound' }),
      ]) as unknown,
    });

    const layer = { arn: 'arn', codeSha256: 'sha-l', codeSize: 1 };
    const mended = makeTestDeps({
      layers: { resolve: () => ({ kind: 'resolved', layers: [layer] }) },
    });
    await mended.reconcile({ ...before, ...(status && { status }) });
    const [healed] = mended.statuses;
    expect(healed?.served?.layers).toEqual([layer]);
    expect(healed?.served?.revision).not.toBe(before.status?.served?.revision);
    expect(healed?.conditions.map(({ type }) => type)).not.toContain('LayersResolved');
  });

  it('serves unsigned code that its config lets in, and says so once', async ({ expect }) => {
    const unsigned = { kind: 'unsigned', reason: 'CodeNotSigned', message: 'sha-1' } as const;
    const codeSigning = { judge: () => unsigned };
    const { reconcile, statuses, events } = makeTestDeps({ codeSigning });
    const fn = await aServedFunction();
    await reconcile(fn);
    const [status] = statuses;
    expect(status?.conditions).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'True' }),
      expect.anything(),
      expect.anything(),
      expect.objectContaining({ type: 'CodeSigned', status: 'False', reason: 'CodeNotSigned' }),
    ]);
    const warning = { type: 'Warning', reason: 'CodeNotSigned', message: 'sha-1' };
    expect(events).toEqual([warning]);
    await reconcile({ ...fn, ...(status && { status }) });
    expect(statuses).toHaveLength(1);

    const detached = makeTestDeps();
    await detached.reconcile({ ...fn, ...(status && { status }) });
    expect(detached.statuses[0]?.conditions.map(({ type }) => type)).not.toContain('CodeSigned');
  });

  it('goes on with what is served when code is refused for its signature', async ({ expect }) => {
    const judged: SignedArchives[] = [];
    const judge: FunctionControllerDeps['codeSigning']['judge'] = (_fn, archives) => {
      judged.push(archives);
      return { kind: 'refused', reason: 'CodeVerificationFailed', message: 'm' };
    };
    const code = {
      resolve: () => Promise.resolve({ ...resolved, codeSha256: 'sha-2' }),
    };
    const { reconcile, statuses, events } = makeTestDeps({ code, codeSigning: { judge } });
    const before = await aServedFunction();
    await reconcile(before);
    expect(judged).toMatchObject([{ codeSha256: 'sha-2', layers: [] }]);
    expect(statuses[0]).toMatchObject({
      state: 'Active',
      lastUpdateStatus: 'Failed',
      lastUpdateStatusReasonCode: 'CodeVerificationFailed',
      codeSha256: 'sha-1',
      served: before.status?.served,
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'CodeSigned', status: 'False' }),
      ]) as unknown,
    });
    expect(events).toEqual([{ type: 'Warning', reason: 'CodeVerificationFailed', message: 'm' }]);
  });

  it('shows code that is on its way, and keeps what is served meanwhile', async ({ expect }) => {
    const code = {
      resolve: () => Promise.resolve({ kind: 'pending', message: 'It comes.' } as const),
    };
    const { reconcile, statuses, events } = makeTestDeps({ code });
    await expect(reconcile(aFunction({ metadata: owned }))).resolves.toMatchObject({
      kind: 'requeueAfter',
      delayMs: 30_000,
    });
    expect(statuses[0]).toMatchObject({
      state: 'Pending',
      stateReason: 'It comes.',
      stateReasonCode: 'Creating',
      lastUpdateStatus: 'InProgress',
      conditions: [
        { type: 'Ready', status: 'Unknown', reason: 'CodePending', message: 'It comes.' },
        { type: 'CodeResolved', status: 'Unknown', reason: 'CodePending' },
      ],
    });
    const before = await aServedFunction();
    await reconcile(before);
    expect(statuses[1]).toMatchObject({
      state: 'Active',
      lastUpdateStatus: 'InProgress',
      served: before.status?.served,
    });
    expect(events).toEqual([]);
  });

  it('looks again when the code is tried again', async ({ expect }) => {
    const refusal = { kind: 'refused', reason: 'CodeNotFound', message: 'x' } as const;
    const code = { resolve: () => Promise.resolve({ ...refusal, retryAfterMs: 160_000 }) };
    const { reconcile } = makeTestDeps({ code });
    await expect(reconcile(aFunction())).resolves.toMatchObject({ delayMs: 160_000 });
  });

  it('tells of a deletion those who fetch the code', async ({ expect }) => {
    const forgotten: string[] = [];
    const code = {
      resolve: () => Promise.resolve(resolved),
      forget: (fn: FunctionResource) => forgotten.push(fn.metadata.name),
    };
    const { reconcile } = makeTestDeps({ code });
    await reconcile(
      aFunction({ metadata: { ...owned, deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    );
    expect(forgotten).toEqual(['hello']);
  });

  it('gives a new revisionId to new code', async ({ expect }) => {
    const before = await aServedFunction();
    const { reconcile, statuses } = makeTestDeps({
      code: { resolve: () => Promise.resolve({ ...resolved, codeSha256: 'sha-2' }) },
      makeId: () => 'new-id',
    });

    await reconcile(before);

    expect(statuses[0]?.revisionId).toBe('new-id');
    expect(statuses[0]?.served?.revision).not.toBe(before.status?.served?.revision);
  });

  it('keeps the revision when only gateway settings change', async ({ expect }) => {
    const before = await aServedFunction();
    const { reconcile, statuses } = makeTestDeps();

    await reconcile({ ...before, spec: { ...before.spec, reservedConcurrentExecutions: 5 } });

    expect(statuses[0]?.served?.revision).toBe(before.status?.served?.revision);
    expect(statuses[0]?.served?.configuration.reservedConcurrentExecutions).toBe(5);
  });

  it('refuses a reservation that leaves too little', async ({ expect }) => {
    const { reconcile, statuses } = makeTestDeps();

    await reconcile(aFunction({ spec: { reservedConcurrentExecutions: 901 } }));

    expect(statuses[0]?.stateReason).toContain('below its minimum value of [100]');
  });

  it('refuses a function name that an older object has', async ({ expect }) => {
    const older = aFunction({
      metadata: { name: 'older', creationTimestamp: '2025-01-01T00:00:00Z' },
      spec: { functionName: 'hello' },
    });
    const names = new FunctionNames();
    names.put(older);
    const { reconcile, statuses } = makeTestDeps({ names });

    await reconcile(aFunction());

    expect(statuses[0]?.stateReasonCode).toBe('FunctionNameTaken');
  });

  it('refuses another instruction set', async ({ expect }) => {
    const { reconcile, statuses } = makeTestDeps();

    await reconcile(aFunction({ spec: { architectures: ['arm64'] } }));

    expect(statuses[0]?.stateReasonCode).toBe('ArchitectureNotAvailable');
  });

  it('refuses what its platform cannot serve, by name', async ({ expect }) => {
    const { reconcile, statuses } = makeTestDeps();

    await reconcile(aFunction({ spec: { serviceAccountName: 'reader' } }));

    expect(statuses[0]?.stateReasonCode).toBe('FieldNotServed');
    expect(statuses[0]?.stateReason).toContain('spec.serviceAccountName');
  });

  it('holds a deletion until its execution environments are gone', async ({ expect }) => {
    let hasAny = true;
    const fleet = {
      counts: () => ({ desired: 0, ready: 0, busy: 0 }),
      hasAny: () => hasAny,
      evaluate: () => undefined,
      startFailure: () => undefined,
    };
    const { reconcile, updates } = makeTestDeps({ fleet });
    const fn = aFunction({ metadata: { ...owned, deletionTimestamp: '2026-01-01T00:00:00Z' } });

    await expect(reconcile(fn)).resolves.toMatchObject({ kind: 'requeueAfter' });
    expect(updates).toEqual([]);

    hasAny = false;
    await reconcile(fn);
    expect(updates[0]?.metadata.finalizers).toEqual([]);
  });

  it('lets a refused object go, whatever runs for the older holder of its function name', async ({
    expect,
  }) => {
    const older = aFunction({
      metadata: { name: 'older', creationTimestamp: '2025-01-01T00:00:00Z' },
      spec: { functionName: 'hello' },
    });
    const names = new FunctionNames();
    names.put(older);
    const fleet = {
      counts: () => ({ desired: 1, ready: 1, busy: 1 }),
      hasAny: () => true,
      evaluate: () => undefined,
      startFailure: () => undefined,
    };
    const { reconcile, updates } = makeTestDeps({ fleet, names });

    await reconcile(
      aFunction({ metadata: { ...owned, deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    );

    expect(updates[0]?.metadata.finalizers).toEqual([]);
  });

  it.for(['update', 'patchStatus'] as const)(
    'leaves a conflict on %s to the queue',
    async (verb, { expect }) => {
      const conflict = () => Promise.reject(new StoreError('Conflict', 'changed'));
      const ok = (fn: FunctionResource) => Promise.resolve(fn);
      const store = {
        update: ok,
        patchStatus: ok,
        [verb]: conflict,
      } as FunctionControllerDeps['store'];
      const { reconcile } = makeTestDeps({ store });

      await expect(reconcile(aFunction())).rejects.toMatchObject({ code: 'Conflict' });
    },
  );
});
