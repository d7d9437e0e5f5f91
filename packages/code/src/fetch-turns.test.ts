import { describe, it } from 'vitest';
import { FetchTurns } from './fetch-turns.ts';

interface World {
  readonly begun: string[];
  /** Asks for a turn; the name's first letter is its namespace. */
  ask(name: string, signal?: AbortSignal): Promise<unknown>;
  end(name: string): Promise<void>;
}

function makeWorld(): World {
  const turns = new FetchTurns({ total: 3, perNamespace: 2 });
  const begun: string[] = [];
  const works = new Map<string, PromiseWithResolvers<undefined>>();
  const asked = new Map<string, Promise<unknown>>();
  return {
    begun,
    ask(name, signal) {
      const work = Promise.withResolvers<undefined>();
      works.set(name, work);
      const done = turns.run(
        name.slice(0, 1),
        () => {
          begun.push(name);
          return work.promise;
        },
        signal,
      );
      asked.set(name, done);
      return done;
    },
    async end(name) {
      works.get(name)?.resolve(undefined);
      await asked.get(name);
      await settle();
    },
  };
}

async function settle(): Promise<void> {
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
}

describe('FetchTurns', () => {
  it('leaves room for other namespaces', async ({ expect }) => {
    const { ask, begun } = makeWorld();
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2']) void ask(name);
    await settle();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
  });

  it('prefers the namespace that fetches least, then who waits longest', async ({ expect }) => {
    const { ask, begun, end } = makeWorld();
    for (const name of ['a1', 'a2', 'b1', 'a3', 'a4', 'b2', 'c1']) void ask(name);
    await end('a1');
    expect(begun.at(-1)).toBe('c1');
    await end('b1');
    expect(begun.at(-1)).toBe('b2');
    await end('c1');
    expect(begun.at(-1)).toBe('a3');
  });

  it('goes on after work that failed', async ({ expect }) => {
    const turns = new FetchTurns({ total: 1, perNamespace: 1 });
    await expect(turns.run('a', () => Promise.reject(new Error('broken')))).rejects.toThrow();
    expect(await turns.run('a', () => Promise.resolve(1))).toBe(1);
  });

  it('lets one who waits go, and begins nothing for it', async ({ expect }) => {
    const { ask, begun, end } = makeWorld();
    const stop = new AbortController();
    void ask('a1');
    void ask('a2');
    const waiting = ask('a3', stop.signal);
    void ask('a4');
    stop.abort(new Error('no longer wanted'));
    await expect(waiting).rejects.toThrow('no longer wanted');
    await end('a1');
    expect(begun).toEqual(['a1', 'a2', 'a4']);
    await expect(ask('b1', stop.signal)).rejects.toThrow('no longer wanted');
    expect(begun).toHaveLength(3);
  });
});
