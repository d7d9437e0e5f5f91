import type { FunctionResource } from '@mayfly/api';
import { StoreError, type ResourceStore } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import { makeLogger } from '@mayfly/telemetry';
import { aFunction, eventually, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { Sightings, type Sighting } from '../../functions/sightings.ts';
import { watchObjects } from '../../functions/watch-objects.ts';
import { FakeFunctionStore } from '../../testing/fake-function-store.ts';
import { ObjectWriter } from './object-writer.ts';

const NEVER = new AbortController().signal;
const BEFORE = aFunction();
const notFound = (): LambdaError => new LambdaError('ResourceNotFoundException', 'gone');

/** The object after a write: another version, another generation. */
function written(of: FunctionResource, by = 1): FunctionResource {
  const { metadata } = of;
  const resourceVersion = (Number(metadata.resourceVersion) + by).toString();
  return {
    ...of,
    metadata: { ...metadata, resourceVersion, generation: metadata.generation + by },
  };
}

/** The same, judged by the operator. */
function judged(of: FunctionResource): FunctionResource {
  const { generation, resourceVersion } = of.metadata;
  const ready = {
    type: 'Ready',
    status: 'True' as const,
    reason: 'Active',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: generation,
  };
  return {
    ...of,
    metadata: { ...of.metadata, resourceVersion: `${resourceVersion}0` },
    status: {
      observedGeneration: generation,
      state: 'Active',
      lastUpdateStatus: 'Successful',
      conditions: [ready],
    },
  };
}

async function makeBed(store: Partial<ResourceStore>, objects: readonly FunctionResource[] = []) {
  const watched = new FakeFunctionStore(objects);
  const clock = new FakeClock();
  const logger = makeLogger({ level: 'silent', pretty: false });
  const { informers, start } = watchObjects({ store: watched.port, clock, logger });
  await start(NEVER);
  const told: Sighting[] = [];
  const writer = new ObjectWriter({
    store: { ...watched.port, ...store },
    informers,
    sightings: new Sightings({ informers, clock }),
    awaitOthers: (sighting) => {
      told.push(sighting);
      return Promise.resolve();
    },
  });
  return { watched, clock, told, writer };
}

const toWritten = { change: (fn: FunctionResource) => fn, signal: NEVER };
const target = { key: BEFORE.metadata, notFound };

describe('a write', () => {
  it('is over when the operator has judged it and the others have heard of that', async ({
    expect,
  }) => {
    const after = written(BEFORE);
    const { watched, told, writer } = await makeBed(
      {
        get: () => Promise.resolve(BEFORE as never),
        update: () => Promise.resolve(after as never),
      },
      [BEFORE],
    );
    const changing = writer.change('Function', target, toWritten);
    watched.put(after);
    expect(told).toEqual([]);
    watched.put(judged(after));
    expect(await changing).toEqual(after);
    expect(told).toMatchObject([{ resourceVersion: judged(after).metadata.resourceVersion }]);
  });

  it('is answered all the same when nobody judges it in time', async ({ expect }) => {
    const after = written(BEFORE);
    const { watched, clock, told, writer } = await makeBed(
      {
        get: () => Promise.resolve(BEFORE as never),
        update: () => {
          watched.put(after);
          return Promise.resolve(after as never);
        },
      },
      [BEFORE],
    );
    const changing = writer.change('Function', target, toWritten);
    await eventually(() => {
      if (clock.pendingTimers === 0) throw new Error('nothing is waited for yet');
    });
    clock.step(2000);
    expect(await changing).toEqual(after);
    expect(told).toHaveLength(1);
  });
});

describe('a change', () => {
  it('is made anew of what somebody else has written meanwhile', async ({ expect }) => {
    const newer = written(BEFORE);
    const read = [BEFORE, newer];
    const seen: number[] = [];
    const { watched, writer } = await makeBed(
      {
        get: () => Promise.resolve(read.shift() as never),
        update: ((fn: FunctionResource) => {
          if (fn.metadata.generation === BEFORE.metadata.generation) {
            return Promise.reject(new StoreError('Conflict', 'old'));
          }
          const after = written(fn);
          watched.put(judged(after));
          return Promise.resolve(after);
        }) as unknown as ResourceStore['update'],
      },
      [BEFORE],
    );
    await writer.change('Function', target, {
      change: (fn) => {
        seen.push(fn.metadata.generation);
        return fn;
      },
      signal: NEVER,
    });
    const { generation } = BEFORE.metadata;
    expect(seen).toEqual([generation, generation + 1]);
  });

  it.for([
    ['nothing there', undefined],
    [
      'what is being deleted',
      { ...BEFORE, metadata: { ...BEFORE.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
    ],
  ] as const)('of %s is refused as not found', async ([, found], { expect }) => {
    const { writer } = await makeBed({ get: () => Promise.resolve(found as never) });
    await expect(writer.change('Function', target, toWritten)).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });

  it("that the store finds wrong is the caller's fault", async ({ expect }) => {
    const { writer } = await makeBed({
      get: () => Promise.resolve(BEFORE as never),
      update: () => Promise.reject(new StoreError('Invalid', 'spec.timeout: must be at most 900')),
    });
    await expect(writer.change('Function', target, toWritten)).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: 'spec.timeout: must be at most 900',
    });
  });
});

describe('a deletion', () => {
  it('of what is gone already is one', async ({ expect }) => {
    const { told, writer } = await makeBed({
      delete: () => Promise.reject(new StoreError('NotFound', 'gone')),
    });
    await writer.delete(BEFORE, NEVER);
    expect(told).toMatchObject([{ uid: BEFORE.metadata.uid, resourceVersion: undefined }]);
  });
});
