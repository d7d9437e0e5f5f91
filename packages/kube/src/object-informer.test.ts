import { eventually, FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import type { KubeDeadlines } from './kube-api.ts';
import { ObjectInformer } from './object-informer.ts';
import { answerWith, refuseWith, type Answer } from './testing/api-server.ts';
import { anObject, useCollection, type Collection, type TestObject } from './testing/collection.ts';

const LONGER_THAN_ANY_PAUSE_MS = 10_000;

interface Fixture {
  readonly collection: Collection;
  readonly informer: ObjectInformer<TestObject>;
  readonly clock: FakeClock;
  readonly errors: Error[];
  /** Every change: `name@resourceVersion`, or `name gone`. */
  readonly changes: string[];
  readonly stop: AbortController;
  start(): Promise<void>;
  names(): readonly string[];
}

interface FixtureOptions {
  readonly items?: readonly TestObject[];
  readonly deadlines?: Partial<KubeDeadlines>;
  readonly random?: () => number;
}

async function useInformer(options: FixtureOptions = {}): Promise<Fixture> {
  const { items = [], deadlines, random = () => 1 } = options;
  const collection = await useCollection(deadlines);
  collection.items = items;
  const clock = new FakeClock();
  const errors: Error[] = [];
  const informer = new ObjectInformer<TestObject>({
    api: collection.api,
    path: '/api/v1/pods',
    labelSelector: 'a=b',
    clock,
    random,
    onError: (error) => errors.push(error as Error),
  });
  const changes: string[] = [];
  informer.onChange(({ name }, object) => {
    changes.push(object ? `${name}@${object.metadata.resourceVersion}` : `${name} gone`);
  });
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  const start = (): Promise<void> => informer.start(stop.signal);
  const names = (): readonly string[] => informer.list().map(({ metadata }) => metadata.name);
  return { collection, informer, clock, errors, changes, stop, start, names };
}

/** Lets the informer try again when it waits to. */
async function stepPause({ clock }: Fixture): Promise<void> {
  await eventually(() => {
    if (clock.pendingTimers === 0) throw new Error('it does not wait');
  });
  clock.step(LONGER_THAN_ANY_PAUSE_MS);
}

describe('an informer', () => {
  it('knows everything when its start resolves, and asks by its selector', async ({ expect }) => {
    const fixture = await useInformer({ items: [anObject('a', '1'), anObject('b', '1')] });
    await fixture.start();
    expect(fixture.names()).toEqual(['a', 'b']);
    expect(fixture.informer.get('ns', 'a')).toEqual(anObject('a', '1'));
    expect(fixture.collection.requests[0]?.query['labelSelector']).toBe('a=b');
    await fixture.collection.watch(0);
    expect(fixture.collection.requests[1]?.query).toMatchObject({
      labelSelector: 'a=b',
      resourceVersion: '1',
      allowWatchBookmarks: 'true',
    });
  });

  it('reads every page of a list', async ({ expect }) => {
    const fixture = await useInformer();
    const metadata = { resourceVersion: '7' };
    fixture.collection.listAnswers.push(
      answerWith({ metadata: { ...metadata, continue: 'more' }, items: [anObject('a', '1')] }),
      answerWith({ metadata: { ...metadata, continue: '' }, items: [anObject('b', '1')] }),
    );
    await fixture.start();
    expect(fixture.names()).toEqual(['a', 'b']);
    expect(fixture.collection.requests[1]?.query['continue']).toBe('more');
    expect((await fixture.collection.watch(0)).from).toBe('7');
  });

  it('hears of changes in their order', async ({ expect }) => {
    const fixture = await useInformer({ items: [anObject('a', '1')] });
    await fixture.start();
    const watch = await fixture.collection.watch(0);
    watch.send('ADDED', anObject('b', '2'));
    watch.send('MODIFIED', anObject('a', '3'));
    watch.send('DELETED', anObject('b', '4'));
    await eventually(() => {
      expect(fixture.changes).toEqual(['a@1', 'b@2', 'a@3', 'b gone']);
    });
    expect(fixture.names()).toEqual(['a']);
  });

  it('tells nobody who does not listen any more', async ({ expect }) => {
    const fixture = await useInformer();
    const heard: string[] = [];
    const stopListening = fixture.informer.onChange(({ name }) => heard.push(name));
    await fixture.start();
    stopListening();
    (await fixture.collection.watch(0)).send('ADDED', anObject('a', '2'));
    await eventually(() => {
      expect(fixture.changes).toEqual(['a@2']);
    });
    expect(heard).toEqual([]);
  });

  it('is not stopped by a listener that throws', async ({ expect }) => {
    const fixture = await useInformer({ items: [anObject('a', '1')] });
    const heard: string[] = [];
    fixture.informer.onChange(() => {
      throw new Error('of a listener');
    });
    fixture.informer.onChange(({ name }) => heard.push(name));
    await fixture.start();
    (await fixture.collection.watch(0)).send('ADDED', anObject('b', '2'));
    await eventually(() => {
      expect(heard).toEqual(['a', 'b']);
    });
    expect(fixture.errors.map(({ message }) => message)).toEqual([
      'of a listener',
      'of a listener',
    ]);
    expect(fixture.collection.countLists()).toBe(1);
  });
});

describe('a watch that ends', () => {
  it('by its time goes on at once from the last change', async ({ expect }) => {
    const fixture = await useInformer();
    await fixture.start();
    const watch = await fixture.collection.watch(0);
    watch.send('ADDED', anObject('a', '5'));
    watch.end();
    expect((await fixture.collection.watch(1)).from).toBe('5');
    expect(fixture.errors).toEqual([]);
    expect(fixture.collection.countLists()).toBe(1);
  });

  it('goes on from a bookmark, which is no change', async ({ expect }) => {
    const fixture = await useInformer();
    await fixture.start();
    const watch = await fixture.collection.watch(0);
    watch.send('BOOKMARK', { metadata: { resourceVersion: '900' } });
    watch.end();
    expect((await fixture.collection.watch(1)).from).toBe('900');
    expect(fixture.changes).toEqual([]);
  });

  it('as soon as it began is asked for again only after a pause', async ({ expect }) => {
    const fixture = await useInformer();
    fixture.collection.watchAnswers.push((response) => void response.writeHead(200).end());
    await fixture.start();
    await eventually(() => {
      expect(fixture.errors).toMatchObject([{ message: 'the watch ended as soon as it began' }]);
    });
    expect(fixture.collection.countWatches()).toBe(1);
    await stepPause(fixture);
    expect((await fixture.collection.watch(0)).from).toBe('1');
  });

  it('in the middle of a line goes on before that line', async ({ expect }) => {
    const fixture = await useInformer();
    await fixture.start();
    const watch = await fixture.collection.watch(0);
    watch.send('ADDED', anObject('a', '5'));
    const line = JSON.stringify({ type: 'ADDED', object: anObject('b', '6') });
    watch.sendText(line.slice(0, 30));
    await eventually(() => {
      expect(fixture.changes).toEqual(['a@5']);
    });
    watch.cut();
    await stepPause(fixture);
    const next = await fixture.collection.watch(1);
    expect(next.from).toBe('5');
    next.sendText(`${line}\n`);
    await eventually(() => {
      expect(fixture.changes).toEqual(['a@5', 'b@6']);
    });
    expect(fixture.errors).toHaveLength(1);
    expect(fixture.collection.countLists()).toBe(1);
  });

  it('is read in whatever pieces it comes', async ({ expect }) => {
    const fixture = await useInformer();
    await fixture.start();
    const watch = await fixture.collection.watch(0);
    const text = ['ä', 'ö', '€']
      .map((name, i) => JSON.stringify({ type: 'ADDED', object: anObject(name, String(i + 2)) }))
      .join('\n');
    for (const byte of Buffer.from(`${text}\n`)) watch.sendText(String.fromCharCode(byte));
    watch.end();
    await eventually(() => {
      expect(fixture.changes).toHaveLength(3);
    });
  });
});

const EXPIRED = { code: 410, reason: 'Expired', message: 'too old resource version' };

const EXPIRIES: readonly (readonly [string, Answer])[] = [
  ['as a status', refuseWith(410, 'Expired')],
  [
    'in the stream',
    (response) => {
      response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object: EXPIRED })}\n`);
    },
  ],
];

describe('a place that has expired', () => {
  it.for(EXPIRIES)('%s is followed by a list at once', async ([, answer], { expect }) => {
    const fixture = await useInformer({ items: [anObject('a', '1'), anObject('b', '1')] });
    fixture.collection.watchAnswers.push((response, request) => {
      fixture.collection.items = [anObject('b', '1'), anObject('c', '8')];
      fixture.collection.resourceVersion = '9';
      answer(response, request);
    });
    await fixture.start();
    expect((await fixture.collection.watch(0)).from).toBe('9');
    // What is gone is dropped; what is as it was is not told again.
    expect(fixture.changes).toEqual(['a@1', 'b@1', 'c@8', 'a gone']);
    expect(fixture.errors).toEqual([]);
  });

  it('again and again is a fault, and paused for', async ({ expect }) => {
    const fixture = await useInformer();
    const expired = refuseWith(410, 'Expired');
    fixture.collection.watchAnswers.push(expired, expired, expired);
    await fixture.start();
    await eventually(() => {
      expect(fixture.errors).toHaveLength(1);
    });
    expect(fixture.collection.countLists()).toBe(2);
    await stepPause(fixture);
    await eventually(() => {
      expect(fixture.errors).toHaveLength(2);
    });
    await stepPause(fixture);
    await fixture.collection.watch(0);
    expect(fixture.collection.countLists()).toBe(4);
  });

  it('between two pages of a list begins the list anew', async ({ expect }) => {
    const fixture = await useInformer({ items: [anObject('b', '2')] });
    const page = {
      metadata: { resourceVersion: '7', continue: 'more' },
      items: [anObject('a', '1')],
    };
    fixture.collection.listAnswers.push(answerWith(page), refuseWith(410, 'Expired'));
    await fixture.start();
    expect(fixture.changes).toEqual(['a@1', 'b@2', 'a gone']);
    expect(fixture.errors).toEqual([]);
  });

  it('that lies in the future for good is given up', async ({ expect }) => {
    const fixture = await useInformer();
    const tooLarge = refuseWith(504, 'Timeout', 'Too large resource version: 1, current: 0');
    fixture.collection.watchAnswers.push(...Array<Answer>(4).fill(tooLarge));
    await fixture.start();
    for (let refusals = 1; refusals <= 4; refusals += 1) {
      expect(fixture.collection.countLists()).toBe(1);
      await eventually(() => {
        expect(fixture.errors).toHaveLength(refusals);
      });
      await stepPause(fixture);
    }
    await fixture.collection.watch(0);
    expect(fixture.collection.countLists()).toBe(2);
  });
});

describe('an API server that is away', () => {
  it('is asked less and less often, up to every ten seconds', async ({ expect }) => {
    const fixture = await useInformer();
    fixture.collection.listAnswers.push(...Array<Answer>(9).fill(refuseWith(500, 'InternalError')));
    void fixture.start();
    const { clock, collection } = fixture;
    const pausesMs = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
    for (const [index, pauseMs] of pausesMs.entries()) {
      await eventually(() => {
        expect(clock.pendingTimers).toBe(1);
      });
      clock.step(pauseMs - 1);
      expect([clock.pendingTimers, collection.countLists()]).toEqual([1, index + 1]);
      clock.step(1);
      await eventually(() => {
        expect(collection.countLists()).toBe(index + 2);
      });
    }
    await collection.watch(0);
  });

  it('is not asked by all at the same moment', async ({ expect }) => {
    const fixture = await useInformer({ random: () => 0 });
    fixture.collection.listAnswers.push(refuseWith(503, 'ServiceUnavailable'));
    void fixture.start();
    await eventually(() => {
      expect(fixture.clock.pendingTimers).toBe(1);
    });
    fixture.clock.step(50);
    await fixture.collection.watch(0);
  });

  it('is asked soon after it has been back', async ({ expect }) => {
    const fixture = await useInformer();
    fixture.collection.listAnswers.push(...Array<Answer>(3).fill(refuseWith(500, 'InternalError')));
    void fixture.start();
    for (let failures = 0; failures < 3; failures += 1) await stepPause(fixture);
    const watch = await fixture.collection.watch(0);
    watch.send('ADDED', anObject('a', '2'));
    await eventually(() => {
      expect(fixture.changes).toEqual(['a@2']);
    });
    watch.cut();
    await eventually(() => {
      expect(fixture.clock.pendingTimers).toBe(1);
    });
    fixture.clock.step(100);
    expect((await fixture.collection.watch(1)).from).toBe('2');
  });

  it.for([
    ['never begins to answer', { watchAnswerMs: 100 }, () => undefined],
    [
      'falls silent',
      { watchSilenceMs: 100 },
      (response) => {
        response.writeHead(200).flushHeaders();
      },
    ],
  ] satisfies [string, Partial<KubeDeadlines>, Answer][])(
    'is left when it takes a watch and %s',
    async ([, deadlines, answer], { expect }) => {
      const fixture = await useInformer({ deadlines });
      fixture.collection.watchAnswers.push(answer);
      await fixture.start();
      await eventually(() => {
        expect(fixture.errors).toHaveLength(1);
      });
      const [error] = fixture.errors;
      expect(`${String(error)} ${String(error?.cause)}`).toContain('the watch fell silent');
      await eventually(() => {
        expect(fixture.collection.countConnections()).toBeLessThanOrEqual(1);
      });
      await stepPause(fixture);
      await fixture.collection.watch(0);
    },
  );

  it('is left when it takes a list and never answers', async ({ expect }) => {
    const fixture = await useInformer({ deadlines: { callMs: 100 } });
    fixture.collection.listAnswers.push(() => undefined);
    void fixture.start();
    await stepPause(fixture);
    await fixture.collection.watch(0);
    expect(fixture.errors).toMatchObject([{ name: 'KubeUnreachableError' }]);
  });
});

describe('the end of an informer', () => {
  it('closes its connection, and what comes after is not heard', async ({ expect }) => {
    const fixture = await useInformer();
    await fixture.start();
    const watch = await fixture.collection.watch(0);
    fixture.stop.abort();
    watch.send('ADDED', anObject('a', '2'));
    await eventually(() => {
      expect(fixture.collection.countConnections()).toBeLessThanOrEqual(1);
    });
    expect([fixture.changes, fixture.errors]).toEqual([[], []]);
    expect(fixture.clock.pendingTimers).toBe(0);
  });

  it('comes while it waits to try again, too', async ({ expect }) => {
    const fixture = await useInformer();
    fixture.collection.listAnswers.push(refuseWith(500, 'InternalError'));
    const starting = fixture.start();
    await eventually(() => {
      expect(fixture.clock.pendingTimers).toBe(1);
    });
    fixture.stop.abort();
    await starting;
    expect(fixture.clock.pendingTimers).toBe(0);
    expect(fixture.collection.countLists()).toBe(1);
  });

  it('before its start is no start', async ({ expect }) => {
    const fixture = await useInformer();
    fixture.stop.abort();
    await fixture.start();
    expect(fixture.collection.requests).toEqual([]);
  });
});
