import type { FunctionResource } from '@mayfly/api';
import type { CodeResolution } from '@mayfly/core';
import { makeLogger } from '@mayfly/telemetry';
import { aFunction, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { CodeFetches } from './code-fetches.ts';

const STORED = { codeSha256: 'sha-1', codeSize: 10 };
const REFUSAL: CodeResolution = { kind: 'refused', reason: 'CodeNotFound', message: 'It is gone.' };

interface World {
  readonly clock: FakeClock;
  readonly fetches: CodeFetches;
  /** Keys of Functions, in the order in which their fetches ended. */
  readonly settled: string[];
  /** What the resolver was asked, with how to answer. */
  readonly asked: (PromiseWithResolvers<CodeResolution> & { readonly signal: AbortSignal })[];
  /** Ends the last fetch and lets all who wait for it go on. */
  answer(resolution: CodeResolution | Error): Promise<void>;
}

function makeWorld(): World {
  const clock = new FakeClock();
  const asked: World['asked'] = [];
  const settled: string[] = [];
  const remembered = new Set<string>();
  const fetches = new CodeFetches({
    resolver: {
      identify: (fn) => JSON.stringify(fn.spec.code),
      recall: (fn) => (remembered.has(JSON.stringify(fn.spec.code)) ? STORED : undefined),
      async resolve(fn, signal = AbortSignal.timeout(0)) {
        const work = { ...Promise.withResolvers<CodeResolution>(), signal };
        asked.push(work);
        const resolution = await work.promise;
        if (resolution.kind === 'resolved') remembered.add(JSON.stringify(fn.spec.code));
        return resolution;
      },
    },
    clock,
    logger: makeLogger({ level: 'silent' }),
  });
  fetches.onSettled(({ namespace, name }) => settled.push(`${namespace}/${name}`));
  const answer = async (resolution: CodeResolution | Error): Promise<void> => {
    if (resolution instanceof Error) asked.at(-1)?.reject(resolution);
    else asked.at(-1)?.resolve(resolution);
    await settle();
  };
  return { clock, fetches, settled, asked, answer };
}

async function settle(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await Promise.resolve();
}

function fromUrl(url = 'https://example.com/a.zip'): FunctionResource {
  return aFunction({ spec: { code: { zip: { url } } } });
}

describe('CodeFetches', () => {
  it('waits for no address, and tells when it has answered', async ({ expect }) => {
    const { fetches, settled, asked, answer } = makeWorld();
    const pending = { kind: 'pending', message: 'The code is being fetched.' };
    expect(await fetches.resolve(fromUrl())).toEqual(pending);
    expect(await fetches.resolve(fromUrl())).toEqual(pending);
    expect(asked).toHaveLength(1);
    expect(settled).toEqual([]);
    await answer({ kind: 'resolved', ...STORED });
    expect(settled).toEqual(['default/hello']);
    expect(await fetches.resolve(fromUrl())).toEqual({ kind: 'resolved', ...STORED });
    expect(asked).toHaveLength(1);
  });

  it('tries again after pauses that grow to five minutes, and says so', async ({ expect }) => {
    const { clock, fetches, asked, answer } = makeWorld();
    await fetches.resolve(fromUrl());
    for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
      const tries = asked.length;
      await answer(REFUSAL);
      expect(await fetches.resolve(fromUrl())).toEqual({
        kind: 'refused',
        reason: 'CodeNotFound',
        message: `It is gone. It is tried again after ${seconds.toString()} seconds.`,
        retryAfterMs: seconds * 1000,
      });
      clock.step(seconds * 1000 - 1);
      await fetches.resolve(fromUrl());
      expect(asked).toHaveLength(tries);
      clock.step(1);
      // The refusal stands while it is tried again.
      expect(await fetches.resolve(fromUrl())).toMatchObject({ kind: 'refused' });
      expect(asked).toHaveLength(tries + 1);
    }
  });

  it('pauses half a minute at most for what is in the cluster', async ({ expect }) => {
    const { clock, fetches, answer } = makeWorld();
    const fn = aFunction({ spec: { code: { zip: { store: `${'A'.repeat(43)}=` } } } });
    await fetches.resolve(fn);
    for (const seconds of [10, 20, 30, 30]) {
      await answer(REFUSAL);
      expect(await fetches.resolve(fn)).toEqual({ ...REFUSAL, retryAfterMs: seconds * 1000 });
      clock.step(seconds * 1000);
      await fetches.resolve(fn);
    }
  });

  it('fetches at once when other code is asked for, and ends the fetch before', async ({
    expect,
  }) => {
    const { fetches, settled, asked, answer } = makeWorld();
    await fetches.resolve(fromUrl());
    await fetches.resolve(fromUrl('https://example.com/b.zip'));
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    asked[0]?.reject(new Error('aborted'));
    await settle();
    expect(settled).toEqual([]);
    await answer(REFUSAL);
    expect(settled).toEqual(['default/hello']);
  });

  it('ends the fetch for what is deleted', async ({ expect }) => {
    const { fetches, settled, asked, answer } = makeWorld();
    await fetches.resolve(fromUrl());
    fetches.forget(fromUrl());
    expect(asked[0]?.signal.aborted).toBe(true);
    await answer(REFUSAL);
    expect(settled).toEqual([]);
  });

  it('ends all fetches when it is closed', async ({ expect }) => {
    const { fetches, asked } = makeWorld();
    await fetches.resolve(fromUrl());
    fetches.close();
    expect(asked[0]?.signal.aborted).toBe(true);
  });

  it('keeps trouble of others than the code from users, and tries again', async ({ expect }) => {
    const { clock, fetches, asked, settled, answer } = makeWorld();
    await fetches.resolve(fromUrl());
    await answer(new Error('storing the archive /secret/place'));
    expect(settled).toHaveLength(1);
    expect(await fetches.resolve(fromUrl())).toEqual({
      kind: 'pending',
      message: 'The code could not be kept in the code store; it is tried again.',
      retryAfterMs: 10_000,
    });
    clock.step(10_000);
    await fetches.resolve(fromUrl());
    expect(asked).toHaveLength(2);
  });

  it('waits a moment for source text, which is there at once', async ({ expect }) => {
    const { fetches, settled, answer } = makeWorld();
    const resolving = fetches.resolve(aFunction());
    await answer({ kind: 'resolved', ...STORED });
    expect(await resolving).toEqual({ kind: 'resolved', ...STORED });
    expect(settled).toEqual([]);
  });

  it('waits no longer than a second for it', async ({ expect }) => {
    const { clock, fetches, settled, answer } = makeWorld();
    const resolving = fetches.resolve(aFunction());
    await settle();
    clock.step(1000);
    expect(await resolving).toMatchObject({ kind: 'pending' });
    await answer({ kind: 'resolved', ...STORED });
    expect(settled).toEqual(['default/hello']);
    expect(clock.pendingTimers).toBe(0);
  });
});
