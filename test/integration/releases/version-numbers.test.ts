import { eventually } from '@mayfly/testkit';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { useReleaseWorld, type ReleaseWorld } from '../../helpers/release-world.ts';

type Step =
  | { readonly do: 'change'; readonly code: string }
  | { readonly do: 'publish'; readonly count: number }
  | { readonly do: 'restore'; readonly ahead: number }
  | { readonly do: 'delete' | 'deleteFunction' | 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('change'), code: fc.constantFrom('a', 'b') }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('publish'), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restore'), ahead: fc.integer({ min: 0, max: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('delete', 'deleteFunction', 'restart') }),
  },
);

const ONE = { functionName: 'hello' };
const CONFIGURATION = { runtime: 'nodejs24.x', handler: 'index.handler' };

/** Does the steps, and answers the numbers of versions in the order in which they came to be. */
class Run {
  readonly numbers: number[] = [];
  readonly #world: ReleaseWorld;
  #made = 0;

  constructor(world: ReleaseWorld) {
    this.#world = world;
  }

  async do(step: Step): Promise<void> {
    const { serve, store, remove, gone, restart } = this.#world;
    if (step.do === 'change') await serve('hello', step.code);
    else if (step.do === 'publish') await this.#publish(step.count);
    else if (step.do === 'restore') await this.#restore(step.ahead);
    else if (step.do === 'restart') await restart();
    else if (step.do === 'deleteFunction') {
      await remove('Function', 'hello');
      await gone('Function', 'hello');
      await serve('hello', 'a');
    } else {
      const [version] = (await store.list('Version')).items;
      if (version === undefined) return;
      await remove('Version', version.metadata.name);
      await gone('Version', version.metadata.name);
    }
  }

  async #publish(count: number): Promise<void> {
    const { create, version } = this.#world;
    const names = Array.from({ length: count }, () => this.#nextName());
    await Promise.all(names.map((name) => create('Version', name, ONE)));
    const judged = await Promise.all(
      names.map((name) =>
        eventually(async () => {
          const object = await version(name);
          if (object.status?.version === undefined) throw new Error(`${name} is not judged`);
          return object.spec.version;
        }),
      ),
    );
    this.numbers.push(...judged.filter((number) => number !== undefined).toSorted((a, b) => a - b));
  }

  /** One that comes complete, with a number that no other one has had. */
  async #restore(ahead: number): Promise<void> {
    const version = Math.max(0, ...this.numbers) + 1 + ahead;
    const name = this.#nextName();
    const snapshot = { revision: name, codeSha256: 'x', codeSize: 1, configuration: CONFIGURATION };
    await this.#world.create('Version', name, { ...ONE, version, snapshot });
    await this.#world.says('Version', name, 'False CodeLost');
    this.numbers.push(version);
  }

  #nextName(): string {
    this.#made += 1;
    return `version-${this.#made.toString()}`;
  }
}

describe('the numbers of versions', () => {
  it('are unique and grow, whatever is published, deleted and made again', async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12 }), async (steps) => {
        const world = await useReleaseWorld();
        await world.serve('hello', 'a');
        const run = new Run(world);
        for (const each of steps) await run.do(each);
        expect(run.numbers).toEqual([...new Set(run.numbers)].toSorted((a, b) => a - b));
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});
