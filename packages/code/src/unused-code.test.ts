import { createHash } from 'node:crypto';
import type {
  FunctionResource,
  LayerVersionResource,
  ServedRevision,
  VersionResource,
} from '@mayfly/api';
import {
  aFunction,
  aLayerVersion,
  anActiveFunction,
  aPublishedVersion,
  aServedRevision,
  aVersion,
  FakeClock,
  useTemporaryFolder,
} from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { FolderCodeStore } from './folder-code-store.ts';
import { UnusedCode, type UnusedCodeDeps } from './unused-code.ts';

const HOUR_MS = 3_600_000;

interface World {
  readonly clock: FakeClock;
  readonly store: FolderCodeStore;
  readonly unused: UnusedCode;
  /** All that there are; tests change them. */
  readonly functions: FunctionResource[];
  readonly versions: VersionResource[];
  readonly layers: LayerVersionResource[];
  readonly forgotten: number[];
  /** Puts these texts as archives. */
  put(...texts: string[]): Promise<void>;
  /** Those of the texts whose archives are still there. */
  list(...texts: string[]): Promise<string[]>;
}

async function useWorld(overrides: Partial<UnusedCodeDeps> = {}): Promise<World> {
  const clock = new FakeClock();
  const store = new FolderCodeStore(await useTemporaryFolder());
  const functions: FunctionResource[] = [];
  const versions: VersionResource[] = [];
  const layers: LayerVersionResource[] = [];
  const forgotten: number[] = [];
  const unused = new UnusedCode({
    codeStore: store,
    functions: () => functions,
    versions: () => versions,
    layers: () => layers,
    clock,
    onForgotten: (count) => forgotten.push(count),
    ...overrides,
  });
  return {
    clock,
    store,
    unused,
    functions,
    versions,
    layers,
    forgotten,
    async put(...texts) {
      for (const text of texts) await store.put(Buffer.from(text));
    },
    async list(...texts) {
      const found = await Promise.all(texts.map((text) => store.open(digestOf(text))));
      return texts.filter((_text, n) => found[n] !== undefined);
    },
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function serving(text: string): FunctionResource {
  const { code: _code, ...configuration } = aFunction().spec;
  const served = { revision: 'r', codeSha256: digestOf(text), codeSize: 1, configuration };
  return aFunction({ status: { served, conditions: [] } });
}

function naming(zip: NonNullable<FunctionResource['spec']['code']['zip']>): FunctionResource {
  return aFunction({ spec: { code: { zip } } });
}

describe('UnusedCode', () => {
  it('forgets what nobody has used for an hour, and no sooner', async ({ expect }) => {
    const { clock, unused, forgotten, put, list } = await useWorld();
    await put('old');
    await unused.look();
    clock.step(HOUR_MS - 1);
    await unused.look();
    expect(await list('old')).toEqual(['old']);
    clock.step(1);
    await unused.look();
    expect(await list('old')).toEqual([]);
    expect(forgotten).toEqual([1]);
  });

  it('keeps layers, and what is served or frozen of those that are deleted', async ({ expect }) => {
    const { clock, unused, functions, versions, layers, put, list } = await useWorld();
    await put('layer', 'named', 'served', 'frozen', 'other');
    const withLayer = (text: string): ServedRevision => {
      const layer = { arn: 'arn', codeSha256: digestOf(text), codeSize: 1 };
      return { ...aServedRevision(), layers: [layer] };
    };
    functions.push(anActiveFunction(withLayer('served')));
    versions.push(aPublishedVersion(1, withLayer('frozen')));
    layers.push(
      aLayerVersion({ status: { codeSha256: digestOf('layer'), conditions: [] } }),
      aLayerVersion({ spec: { content: { zip: { store: digestOf('named') } } } }),
    );
    await unused.look();
    clock.step(HOUR_MS);
    await unused.look();
    const kept = ['layer', 'named', 'served', 'frozen'];
    expect(await list(...kept, 'other')).toEqual(kept);
  });

  it('keeps what is served, and what a spec names', async ({ expect }) => {
    const { clock, unused, functions, put, list } = await useWorld();
    await put('served', 'named', 'pinned', 'other');
    functions.push(
      serving('served'),
      naming({ store: digestOf('named') }),
      naming({ url: 'https://example.com/a.zip', sha256: digestOf('pinned') }),
    );
    for (let hours = 0; hours < 5; hours += 1) {
      await unused.look();
      clock.step(HOUR_MS);
    }
    expect(await list('served', 'named', 'pinned', 'other')).toEqual(['served', 'named', 'pinned']);
  });

  it('keeps what a version has frozen', async ({ expect }) => {
    const { clock, unused, versions, put, list } = await useWorld();
    await put('frozen');
    const snapshot = { ...aServedRevision(), codeSha256: digestOf('frozen') };
    versions.push(aPublishedVersion(1, snapshot), aVersion());
    await unused.look();
    clock.step(HOUR_MS);
    await unused.look();
    expect(await list('frozen')).toEqual(['frozen']);
    versions.length = 0;
    await unused.look();
    clock.step(HOUR_MS);
    await unused.look();
    expect(await list('frozen')).toEqual([]);
  });

  it('keeps what is named in another way of writing the same digest', async ({ expect }) => {
    const { clock, unused, functions, put, list } = await useWorld();
    await put('named');
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const digest = digestOf('named');
    const last = digits[digits.indexOf(digest.charAt(42)) + 1] ?? '';
    functions.push(naming({ store: `${digest.slice(0, 42)}${last}=` }));
    await unused.look();
    clock.step(HOUR_MS);
    await unused.look();
    expect(await list('named')).toEqual(['named']);
  });

  it.for(['functions', 'versions'])(
    'forgets nothing while some %s are not known',
    async (kind, { expect }) => {
      let isAllKnown = true;
      const { clock, unused, put, list } = await useWorld({
        [kind]: () => (isAllKnown ? [] : undefined),
      });
      await put('a');
      await unused.look();
      clock.step(HOUR_MS);
      isAllKnown = false;
      await unused.look();
      expect(await list('a')).toEqual(['a']);
    },
  );

  it('counts anew when it is used in between', async ({ expect }) => {
    const { clock, unused, functions, put, list } = await useWorld();
    await put('a', 'b');
    await unused.look();
    clock.step(HOUR_MS / 2);
    functions.push(serving('a'));
    await unused.look();
    functions.length = 0;
    clock.step(HOUR_MS / 2);
    await unused.look();
    expect(await list('a', 'b')).toEqual(['a']);
    clock.step(HOUR_MS);
    await unused.look();
    expect(await list('a')).toEqual([]);
  });

  it('spares what somebody is about to serve', async ({ expect }) => {
    const { clock, unused, put, list } = await useWorld();
    await put('a');
    await unused.look();
    clock.step(HOUR_MS);
    unused.noteUse(digestOf('a'));
    await unused.look();
    expect(await list('a')).toEqual(['a']);
  });

  it('lets who claims an archive wait until it is forgotten', async ({ expect }) => {
    const forgetting = Promise.withResolvers<undefined>();
    const isAsked = Promise.withResolvers<undefined>();
    const { clock, unused } = await useWorld({
      codeStore: {
        async retain(keep) {
          if (keep.has(digestOf('a'))) return;
          isAsked.resolve(undefined);
          await forgetting.promise;
        },
      },
    });
    await unused.look();
    clock.step(HOUR_MS);
    const looking = unused.look();
    await isAsked.promise;
    const order: string[] = [];
    await unused.claim(digestOf('b'));
    const claimed = unused.claim(digestOf('a')).then(() => order.push('claimed'));
    await new Promise(setImmediate);
    order.push('forgotten');
    forgetting.resolve(undefined);
    await Promise.all([looking, claimed]);
    expect(order).toEqual(['forgotten', 'claimed']);
    await unused.claim(digestOf('a'));
  });

  it('spares for an hour what is put again', async ({ expect }) => {
    const { clock, unused, put, list } = await useWorld();
    await put('a');
    await unused.look();
    clock.step(HOUR_MS - 1);
    await unused.claim(digestOf('a'));
    await put('a');
    clock.step(HOUR_MS - 1);
    await unused.look();
    expect(await list('a')).toEqual(['a']);
  });

  it('looks when it starts and every hour, until it is closed', async ({ expect }) => {
    let looks = 0;
    const { clock, unused } = await useWorld({
      codeStore: { retain: () => Promise.resolve(void (looks += 1)) },
    });
    unused.start();
    await unused.look();
    expect(looks).toBe(1);
    clock.step(HOUR_MS);
    await unused.look();
    expect(looks).toBe(2);
    await unused.close();
    clock.step(HOUR_MS);
    expect(looks).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on after trouble of the store, and tells of it', async ({ expect }) => {
    const errors: unknown[] = [];
    const { unused } = await useWorld({
      codeStore: { retain: () => Promise.reject(new Error('no store')) },
      onError: (error) => errors.push(error),
    });
    await unused.look();
    await unused.look();
    expect(errors).toHaveLength(2);
  });

  it('ends what runs when it is closed', async ({ expect }) => {
    const errors: unknown[] = [];
    const { unused } = await useWorld({
      codeStore: {
        retain: (_keep, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              reject(signal.reason as Error);
            });
          }),
      },
      onError: (error) => errors.push(error),
    });
    unused.start();
    await unused.close();
    expect(errors).toEqual([]);
  });
});
