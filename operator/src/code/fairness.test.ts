import path from 'node:path';
import { Readable } from 'node:stream';
import type { FunctionResource } from '@mayfly/api';
import { ClusterCodeResolver, FolderCodeStore } from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import type { Informer, ObjectKey } from '@mayfly/core';
import { makeLogger, makeRegistry } from '@mayfly/telemetry';
import { aFunction, eventually, FakeClock, FakeDriver, useTemporaryFolder } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { FUNCTION_FINALIZER, FunctionController } from '../controllers/function/controller.ts';
import { FunctionNames } from '../controllers/function/function-names.ts';
import { NO_VERSIONS } from '../controllers/function/testing/no-versions.ts';
import { makeOperatorMetrics } from '../metrics.ts';
import { ControllerRunner } from '../reconcile/controller-runner.ts';
import { CodeFetches } from './code-fetches.ts';

const ARCHIVE = makeRawZip([{ name: 'index.js', content: 'exports.handler = 1' }]);

/** A runner of Functions in memory. Objects in the bucket `dead` never come, others do. */
async function startRunner(
  given: readonly FunctionResource[],
): Promise<ReadonlyMap<string, FunctionResource>> {
  const functions = new Map(given.map((fn) => [toId(fn.metadata), fn]));
  const put = (fn: FunctionResource): Promise<FunctionResource> => {
    functions.set(toId(fn.metadata), fn);
    return Promise.resolve(fn);
  };
  const folder = await useTemporaryFolder();
  const clock = new FakeClock();
  const logger = makeLogger({ level: 'silent' });
  const fetches = new CodeFetches({
    resolver: new ClusterCodeResolver({
      codeStore: new FolderCodeStore(path.join(folder, 'store')),
      stagingDir: path.join(folder, 'staging'),
      images: { resolve: () => Promise.reject(new Error('there are no images')) },
      artefacts: { open: () => Promise.reject(new Error('there are no artefacts')) },
      readConfigMap: () => Promise.resolve(undefined),
      readS3: ({ bucket }) =>
        bucket === 'dead'
          ? new Promise(() => undefined)
          : Promise.resolve(Readable.from([ARCHIVE])),
    }),
    clock,
    logger,
  });
  const controller = new FunctionController({
    store: { update: put, patchStatus: put } as never,
    driver: new FakeDriver(),
    code: fetches,
    layers: { resolve: () => ({ kind: 'resolved', layers: [] }) },
    codeSigning: { judge: () => ({ kind: 'unasked' as const }) },
    fleet: {
      counts: () => ({ desired: 0, ready: 0, busy: 0 }),
      hasAny: () => false,
      evaluate: () => undefined,
      startFailure: () => undefined,
    },
    events: { record: () => undefined },
    functions: () => functions.values(),
    names: new FunctionNames(),
    versions: NO_VERSIONS,
    clock,
    makeId: () => 'id',
    makeUrl: () => undefined,
    limits: { accountConcurrency: 1000 },
    platform: 'cluster',
    architecture: 'x86_64',
  });
  const informer = {
    list: () => functions.values(),
    get: (key: ObjectKey) => functions.get(toId(key)),
    onChange: () => () => undefined,
  } as unknown as Informer<'Function'>;
  const metrics = makeOperatorMetrics(makeRegistry());
  const runner = new ControllerRunner({ controller, informer, clock, logger, metrics });
  fetches.onSettled((key) => {
    runner.enqueue(key);
  });
  runner.start();
  return functions;
}

function toId({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function fromBucket(bucket: string, key: ObjectKey): FunctionResource {
  return aFunction({ metadata: key, spec: { code: { zip: { s3: { bucket, key: key.name } } } } });
}

describe('addresses of one namespace that never answer', () => {
  it('hold up neither the functions of another nor deletions', async ({ expect }) => {
    const dead = Array.from({ length: 50 }, (_, n) =>
      fromBucket('dead', { namespace: 'a', name: `dead-${n.toString()}` }),
    );
    const other = fromBucket('alive', { namespace: 'b', name: 'other' });
    const gone = aFunction({
      metadata: {
        namespace: 'b',
        name: 'gone',
        finalizers: [FUNCTION_FINALIZER],
        deletionTimestamp: '2026-01-01T00:00:00Z',
      },
    });
    const functions = await startRunner([...dead, other, gone]);
    await eventually(() => {
      expect(functions.get('b/other')?.status?.state).toBe('Active');
      expect(functions.get('b/gone')?.metadata.finalizers).toEqual([]);
    });
    const states = dead.map(({ metadata }) => functions.get(toId(metadata))?.status);
    expect(states).toEqual(
      dead.map(() =>
        expect.objectContaining({
          state: 'Pending',
          stateReason: 'The code is being fetched.',
          lastUpdateStatus: 'InProgress',
        }),
      ),
    );
  });
});
