import type { AliasResource, FunctionResource, VersionResource } from '@mayfly/api';
import { StoreError } from '@mayfly/core';
import {
  aPublishedVersion,
  aServedRevision,
  anActiveFunction,
  anAlias,
  aVersion,
  FakeClock,
} from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { FunctionNames } from '../function/function-names.ts';
import { CodeChecks } from './code-checks.ts';
import { VERSION_FINALIZER, VersionController, type VersionControllerDeps } from './controller.ts';
import { KeyedTurns } from './keyed-turns.ts';
import { ReleaseBook } from './release-book.ts';

const { signal } = new AbortController();
const OWNED = { finalizers: [VERSION_FINALIZER] };
const HELLO_3 = 'default/hello:3';
const DELETED = { ...OWNED, deletionTimestamp: '2026-01-02T00:00:00Z' };

interface World {
  readonly fn?: FunctionResource | undefined;
  readonly versions?: readonly VersionResource[];
  readonly aliases?: readonly AliasResource[];
  readonly deps?: Partial<VersionControllerDeps>;
}

function followed<T>(objects: readonly T[]) {
  return {
    list: () => objects[Symbol.iterator]() as IterableIterator<T>,
    onChange: () => () => undefined,
  };
}

function makeTestBed({ fn = anActiveFunction(), versions = [], aliases = [], deps }: World) {
  const writes: VersionResource[] = [];
  const given: number[] = [];
  const write = (version: VersionResource): Promise<VersionResource> => {
    writes.push(version);
    return Promise.resolve(version);
  };
  const names = new FunctionNames();
  names.put(fn);
  const book = new ReleaseBook(names);
  book.follow({ versions: followed(versions), aliases: followed(aliases) });
  const clock = new FakeClock();
  const open = (
    codeSha256: string,
  ): Promise<undefined | { codeSize: number; read: () => never }> => {
    if (codeSha256 === 'unasked') return Promise.reject(new Error('the store does not answer'));
    return Promise.resolve(
      codeSha256 === 'lost'
        ? undefined
        : {
            codeSize: 1,
            read: () => {
              throw new Error('nobody reads it');
            },
          },
    );
  };
  const controller = new VersionController({
    store: { update: write, patchStatus: write } as unknown as VersionControllerDeps['store'],
    numbers: {
      next: (_key, atLeast) => {
        given.push(atLeast + 1);
        return Promise.resolve(atLeast + 1);
      },
      passOver: (_key, number) => {
        given.push(-number);
        return Promise.resolve();
      },
    },
    book,
    turns: new KeyedTurns(),
    code: new CodeChecks({ codeStore: { open }, clock }),
    events: { record: () => undefined },
    clock,
    account: { region: 'eu-west-1', accountId: '000000000000' },
    provisioner: { statusOf: () => undefined },
    startFailure: () => undefined,
    ...deps,
  });
  return {
    reconcile: (version: VersionResource) => controller.reconcile(version, signal),
    writes,
    given,
  };
}

describe('VersionController', () => {
  it('fills number, snapshot and finalizer in one write, then says so', async ({ expect }) => {
    const { reconcile, writes, given } = makeTestBed({ versions: [aPublishedVersion(4)] });
    await reconcile(aVersion());
    expect(given).toEqual([5]);
    expect(writes).toHaveLength(2);
    expect(writes[0]).toMatchObject({
      metadata: OWNED,
      spec: { version: 5, snapshot: { revision: 'revision-1' } },
    });
    expect(writes[1]?.status).toMatchObject({ version: '5', conditions: [{ status: 'True' }] });
  });

  it('writes nothing when stable', async ({ expect }) => {
    const first = makeTestBed({});
    await first.reconcile(aVersion());
    const [, stable] = first.writes;
    const second = makeTestBed({ versions: stable ? [stable] : [] });
    await second.reconcile(stable ?? aVersion());
    expect([second.writes, second.given]).toEqual([[], []]);
  });

  it('does not publish again what it has published, however old the news', async ({ expect }) => {
    const { reconcile, writes, given } = makeTestBed({});
    await reconcile(aVersion());
    await reconcile(aVersion());
    expect(given).toEqual([1]);
    expect(writes).toHaveLength(2);
  });

  it('passes over the number of one that comes complete', async ({ expect }) => {
    const complete = aPublishedVersion(3);
    const { reconcile, given, writes } = makeTestBed({ versions: [complete] });
    await reconcile(complete);
    expect(given).toEqual([-3]);
    expect(writes[0]?.metadata.finalizers).toEqual([VERSION_FINALIZER]);
  });

  it('says that an archive is lost', async ({ expect }) => {
    const snapshot = { ...aServedRevision(), codeSha256: 'lost' };
    const { reconcile, writes } = makeTestBed({});
    await reconcile(aPublishedVersion(3, snapshot, OWNED));
    expect(writes[0]?.status?.conditions).toMatchObject([
      { type: 'Ready', status: 'False', reason: 'CodeLost' },
      { type: 'CodeAvailable', status: 'False' },
    ]);
  });

  it('is published while the code store does not answer', async ({ expect }) => {
    const snapshot = { ...aServedRevision(), codeSha256: 'unasked' };
    const { reconcile, writes } = makeTestBed({});
    await reconcile(aPublishedVersion(3, snapshot, OWNED));
    expect(writes[0]?.status?.conditions).toMatchObject([
      { type: 'Ready', status: 'True', reason: 'Published' },
    ]);
  });

  it('says that its last start has failed, until one succeeds', async ({ expect }) => {
    const failure = { reason: 'InitFailed', message: 'no module' };
    const failed = makeTestBed({
      deps: {
        startFailure: (id, version) => (`${id}:${version}` === HELLO_3 ? failure : undefined),
      },
    });
    await failed.reconcile(aPublishedVersion(3, aServedRevision(), OWNED));
    const [version] = failed.writes;
    expect(version?.status?.conditions).toMatchObject([
      { type: 'Ready', status: 'True' },
      { type: 'WorkloadAvailable', status: 'False', ...failure },
    ]);
    const mended = makeTestBed({});
    await mended.reconcile(version ?? aVersion());
    expect(mended.writes[0]?.status?.conditions).toMatchObject([{ type: 'Ready' }]);
  });

  it('asks no store for the code of an image', async ({ expect }) => {
    const image = { uri: 'a', entryPoint: [], command: [], workingDirectory: '/', pullSecrets: [] };
    const snapshot = { ...aServedRevision(), codeSha256: 'lost', image };
    const { reconcile, writes } = makeTestBed({});
    await reconcile(aPublishedVersion(3, snapshot, OWNED));
    expect(writes[0]?.status?.conditions).toMatchObject([{ type: 'Ready', status: 'True' }]);
  });

  describe('of one that is deleted', () => {
    const going = aPublishedVersion(1, aServedRevision(), DELETED);

    it('holds it while an alias names it', async ({ expect }) => {
      const { reconcile, writes } = makeTestBed({ versions: [going], aliases: [anAlias()] });
      await expect(reconcile(going)).resolves.toMatchObject({ kind: 'requeueAfter' });
      expect(writes).toHaveLength(1);
      expect(writes[0]?.status?.conditions).toMatchObject([
        { type: 'Deletable', status: 'False', reason: 'AliasesPointToVersion' },
      ]);
    });

    it.for([
      ['no alias names it', {}],
      ['its function goes too', { fn: anActiveFunction(aServedRevision(), { metadata: DELETED }) }],
      [
        'an older one has its number',
        {
          versions: [
            going,
            aPublishedVersion(1, aServedRevision(), {
              name: 'older',
              creationTimestamp: '2025-01-01T00:00:00Z',
            }),
          ],
        },
      ],
    ] as const)('lets it go when %s', async ([, world], { expect }) => {
      const aliases = 'fn' in world || 'versions' in world ? [anAlias()] : [];
      const { reconcile, writes } = makeTestBed({ versions: [going], aliases, ...world });
      await expect(reconcile(going)).resolves.toEqual({ kind: 'done' });
      expect(writes[0]?.metadata.finalizers).toEqual([]);
    });

    it('does nothing without its finalizer', async ({ expect }) => {
      const { reconcile, writes } = makeTestBed({});
      await reconcile(aVersion({ metadata: { ...DELETED, finalizers: [] } }));
      expect(writes).toEqual([]);
    });
  });

  it.for(['update', 'patchStatus'] as const)(
    'leaves a conflict on %s to the queue',
    async (verb, { expect }) => {
      const ok = (version: VersionResource): Promise<VersionResource> => Promise.resolve(version);
      const conflict = (): Promise<never> => Promise.reject(new StoreError('Conflict', 'changed'));
      const store = { update: ok, patchStatus: ok, [verb]: conflict };
      const deps = { store: store as unknown as VersionControllerDeps['store'] };
      const { reconcile } = makeTestBed({ deps });
      await expect(reconcile(aVersion())).rejects.toMatchObject({ code: 'Conflict' });
    },
  );
});
