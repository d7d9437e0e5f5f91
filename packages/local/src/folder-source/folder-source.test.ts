import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { applyDefaults, validateObject, validateSpec, type FunctionResource } from '@mayfly/api';
import type { Clock } from '@mayfly/core';
import { aServedRevision, eventually, FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { SqliteResourceStore } from '../store/sqlite-resource-store.ts';
import { FolderSource } from './folder-source.ts';
import { formatManifestProblem } from './manifest-problem.ts';
import {
  CODE_DIGEST_ANNOTATION,
  SOURCE_ANNOTATION,
  SOURCE_DIRECTORY_ANNOTATION,
} from './source-annotations.ts';

const realClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  },
  every: () => {
    throw new Error('not used');
  },
};

function manifest(name: string, fields = 'code: { inline: "exports.handler = 1" }'): string {
  return `apiVersion: mayfly.dev/v1alpha1
kind: Function
metadata: { name: ${name} }
spec:
  runtime: nodejs24.x
  handler: index.handler
  ${fields}
`;
}

interface World {
  readonly directory: string;
  readonly store: SqliteResourceStore;
  readonly logged: string[];
  makeSource(directory?: string): FolderSource;
  write(file: string, text: string): Promise<void>;
  names(): Promise<readonly string[]>;
  get(name: string): Promise<FunctionResource | undefined>;
}

async function useWorld(): Promise<World> {
  const parent = await mkdtemp(join(tmpdir(), 'mayfly-folder-'));
  const directory = join(parent, 'functions');
  await mkdir(directory);
  const store = new SqliteResourceStore({
    path: join(parent, 'resources.db'),
    clock: new FakeClock(),
    makeUid: () => crypto.randomUUID(),
    validate: validateSpec,
    validateObject,
    applyDefaults,
  });
  onTestFinished(async () => {
    store.close();
    await rm(parent, { recursive: true, force: true });
  });
  const logged: string[] = [];
  const log = (fields: object, message: string): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  return {
    directory,
    store,
    logged,
    makeSource: (from = directory) => {
      const logger = { info: log, warn: log };
      const source = new FolderSource({
        directory: from,
        store,
        logger,
        clock: realClock,
        settleMs: 20,
      });
      onTestFinished(() => source.close());
      return source;
    },
    write: async (file, text) => {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), text);
    },
    names: async () => (await store.list('Function')).items.map(({ metadata }) => metadata.name),
    get: (name) => store.get('Function', { namespace: 'default', name }),
  };
}

describe('FolderSource applies', () => {
  it('every manifest of the tree and says where each came from', async ({ expect }) => {
    const world = await useWorld();
    await world.write('a.yaml', `${manifest('one')}---\n${manifest('two')}`);
    await world.write('deep/er/b.yml', manifest('three'));
    await world.write('readme.md', 'no: [yaml');
    await world.write('node_modules/x/c.yaml', 'no: [yaml');
    await world.write('.hidden/d.yaml', 'no: [yaml');
    await world.write('cluster/.mayflyignore', '');
    await world.write('cluster/e.yaml', 'no: [yaml');
    await world.write('cluster/deep/f.yaml', 'no: [yaml');
    const source = world.makeSource();
    await source.applyAll();
    expect(source.problems()).toEqual([]);
    await expect(world.names()).resolves.toEqual(['one', 'three', 'two']);
    expect((await world.get('three'))?.metadata.annotations).toEqual({
      [SOURCE_ANNOTATION]: 'deep/er/b.yml',
      [SOURCE_DIRECTORY_ANNOTATION]: world.directory,
    });
  });

  it('nothing when nothing changed', async ({ expect }) => {
    const world = await useWorld();
    await world.write('a.yaml', manifest('one', 'code: { zip: { path: ./src } }'));
    await world.write('src/index.js', '1');
    await world.makeSource().applyAll();
    const { resourceVersion } = await world.store.list('Function');
    await world.makeSource().applyAll();
    expect((await world.store.list('Function')).resourceVersion).toBe(resourceVersion);
  });

  it('the good files and leaves the last good state of a bad one', async ({ expect }) => {
    const world = await useWorld();
    await world.write('a.yaml', manifest('one', 'code: { inline: "1" }'));
    const source = world.makeSource();
    await source.applyAll();
    await world.write('a.yaml', manifest('renamed', 'timeout: 1000'));
    await world.write('b.yaml', manifest('two'));
    await world.write('c.yaml', 'half: [written');
    await source.applyAll();
    await expect(world.names()).resolves.toEqual(['one', 'two']);
    const problems = source.problems().map(formatManifestProblem);
    expect(problems).toContain('a.yaml:7: spec.timeout: must be at most 900 (got 1000)');
    expect(problems.some((problem) => problem.startsWith('c.yaml:1: is no YAML'))).toBe(true);
    expect(world.logged.filter((line) => line.includes('spec.timeout'))).toHaveLength(1);
  });

  it('the first of two manifests of one name, and keeps the owner when it came first', async ({
    expect,
  }) => {
    const world = await useWorld();
    await world.write('b.yaml', manifest('one', 'code: { inline: "b" }'));
    const source = world.makeSource();
    await source.applyAll();
    await world.write('a.yaml', manifest('one', 'code: { inline: "a" }'));
    await source.applyAll();
    expect((await world.get('one'))?.spec.code).toEqual({ inline: 'b' });
    expect(source.problems().map(formatManifestProblem)).toEqual([
      'a.yaml:1: metadata.name: Function "one" is already in b.yaml:1',
    ]);
    await rm(join(world.directory, 'b.yaml'));
    await source.applyAll();
    expect((await world.get('one'))?.spec.code).toEqual({ inline: 'a' });
    expect(source.problems()).toEqual([]);
  });

  it('deletions to its own objects only', async ({ expect }) => {
    const world = await useWorld();
    await world.write('a.yaml', manifest('one'));
    const other = join(world.directory, '..', 'other');
    await mkdir(other);
    await writeFile(join(other, 'a.yaml'), manifest('from-other-folder'));
    await world.makeSource(other).applyAll();
    const source = world.makeSource();
    await source.applyAll();
    await rm(join(world.directory, 'a.yaml'));
    await source.applyAll();
    await expect(world.names()).resolves.toEqual(['from-other-folder']);
  });

  it('no YAML of a code folder, wherever the manifest is', async ({ expect }) => {
    const world = await useWorld();
    await world.write('z/fn.yaml', manifest('one', 'code: { zip: { path: ../a } }'));
    await world.write('a/config.yaml', 'no: [manifest');
    await world.write('beside/fn.yaml', manifest('two', 'code: { zip: { path: . } }'));
    await world.write('beside/lib/config.yaml', 'no: [manifest');
    const source = world.makeSource();
    await source.applyAll();
    expect(source.problems()).toEqual([]);
    await expect(world.names()).resolves.toEqual(['one', 'two']);
    expect((await world.get('one'))?.spec.code.zip?.path).toBe(join(world.directory, 'a'));
  });

  it('what the user changed beside finalizers of the operator', async ({ expect }) => {
    const world = await useWorld();
    await world.write('a.yaml', manifest('one'));
    const source = world.makeSource();
    await source.applyAll();
    const made = await world.get('one');
    if (made === undefined) throw new Error('one is missing');
    await world.store.update<'Function'>({
      ...made,
      metadata: { ...made.metadata, finalizers: ['mayfly.dev/fleet'], labels: { by: 'hand' } },
    });
    await world.write('a.yaml', manifest('one', 'code: { inline: "2" }'));
    await source.applyAll();
    const updated = await world.get('one');
    expect(updated?.metadata).toMatchObject({ finalizers: ['mayfly.dev/fleet'], generation: 2 });
    expect(updated?.metadata.labels).toBeUndefined();
  });

  it('a published version without taking away what was published', async ({ expect }) => {
    const { store, write, makeSource, logged } = await useWorld();
    const source = makeSource();
    const text = 'apiVersion: mayfly.dev/v1alpha1\nkind: Version\nmetadata: { name: one }\n';
    await write('one.yaml', `${text}spec: { functionName: hello }\n`);
    await source.applyAll();
    const key = { namespace: 'default', name: 'one' };
    const made = await store.get('Version', key);
    if (made === undefined) throw new Error('there is no Version');
    const spec = { ...made.spec, version: 1, snapshot: aServedRevision() };
    await store.update<'Version'>({ ...made, spec });
    await write('one.yaml', `${text}spec: { functionName: hello, description: "" }\n`);
    await source.applyAll();
    expect((await store.get('Version', key))?.spec).toEqual(spec);
    expect(logged.filter((line) => line.includes('cannot be changed'))).toEqual([]);
  });

  it('not a missing directory: it says which', async ({ expect }) => {
    const world = await useWorld();
    const missing = join(world.directory, 'missing');
    await expect(world.makeSource(missing).start()).rejects.toThrow(
      `reading the folder ${missing}: ENOENT`,
    );
  });
});

describe('FolderSource follows', () => {
  it('new, changed, renamed and deleted files', async ({ expect }) => {
    const world = await useWorld();
    const source = world.makeSource();
    await source.start();
    await world.write('new/folder/a.yaml', manifest('one'));
    await eventually(async () => {
      expect(await world.names()).toEqual(['one']);
    });
    await world.write('new/folder/a.yaml', manifest('one', 'code: { inline: "2" }'));
    await eventually(async () => {
      expect((await world.get('one'))?.spec.code).toEqual({ inline: '2' });
    });
    const { uid } = (await world.get('one'))?.metadata ?? {};
    await rename(join(world.directory, 'new/folder/a.yaml'), join(world.directory, 'b.yaml'));
    await eventually(async () => {
      const annotations = (await world.get('one'))?.metadata.annotations;
      expect(annotations?.[SOURCE_ANNOTATION]).toBe('b.yaml');
    });
    expect((await world.get('one'))?.metadata.uid).toBe(uid);
    await rm(join(world.directory, 'b.yaml'));
    await eventually(async () => {
      expect(await world.names()).toEqual([]);
    });
  });

  it('a burst of saves to its last state', async ({ expect }) => {
    const world = await useWorld();
    const source = world.makeSource();
    await source.start();
    for (let i = 0; i < 200; i += 1) {
      await world.write('a.yaml', manifest('one', `code: { inline: "${i.toString()}" }`));
    }
    await eventually(async () => {
      expect((await world.get('one'))?.spec.code).toEqual({ inline: '199' });
    });
    expect((await world.store.list('Function')).items).toHaveLength(1);
  });

  it('an editor that empties the file first without a deletion', async ({ expect }) => {
    const world = await useWorld();
    await world.write('a.yaml', manifest('one'));
    const source = world.makeSource();
    await source.start();
    const { uid } = (await world.get('one'))?.metadata ?? {};
    for (let i = 0; i < 10; i += 1) {
      await world.write('a.yaml', '');
      await world.write('a.yaml', `${manifest('one')}  timeout: ${(i + 4).toString()}\n`);
    }
    await eventually(async () => {
      expect((await world.get('one'))?.spec.timeout).toBe(13);
    });
    expect((await world.get('one'))?.metadata.uid).toBe(uid);
  });

  it('files under a code folder, inside the folder and outside', async ({ expect }) => {
    const world = await useWorld();
    await world.write('../code/lib/index.js', '1');
    await world.write('a.yaml', manifest('one', 'code: { zip: { path: ../code } }'));
    const source = world.makeSource();
    await source.start();
    const digest = async (): Promise<string | undefined> =>
      (await world.get('one'))?.metadata.annotations?.[CODE_DIGEST_ANNOTATION];
    const first = await digest();
    expect(first).toMatch(/^[\w-]{43}$/);
    await world.write('../code/lib/index.js', 'changed');
    await eventually(async () => {
      expect(await digest()).not.toBe(first);
    });
    const second = await digest();
    await eventually(async () => {
      await world.write('../code/lib/more/new.js', 'new');
      expect(await digest()).not.toBe(second);
    });
  });

  it('its folder through removal and return, keeping the objects meanwhile', async ({ expect }) => {
    const world = await useWorld();
    await world.write('a.yaml', manifest('one'));
    const source = world.makeSource();
    await source.start();
    // Only when the watches stand is the removal an event.
    await world.write('b.yaml', 'bad: [');
    await eventually(() => {
      expect(source.problems()).not.toEqual([]);
    });
    await rename(world.directory, `${world.directory}-away`);
    await eventually(() => {
      expect(source.problems()[0]?.reason).toContain('ENOENT');
    });
    await expect(world.names()).resolves.toEqual(['one']);
    await world.write('a.yaml', `${manifest('one')}  timeout: 9\n`);
    await eventually(async () => {
      expect((await world.get('one'))?.spec.timeout).toBe(9);
      expect(source.problems()).toEqual([]);
    });
  });

  it('a name again once its old object is gone', async ({ expect }) => {
    const world = await useWorld();
    await world.write('a.yaml', manifest('one'));
    const source = world.makeSource();
    await source.start();
    const made = await world.get('one');
    if (made === undefined) throw new Error('one is missing');
    await world.store.update<'Function'>({
      ...made,
      metadata: { ...made.metadata, finalizers: ['mayfly.dev/fleet'] },
    });
    await world.store.delete('Function', made.metadata);
    await world.write('a.yaml', `${manifest('one')}  timeout: 9\n`);
    const marked = await world.get('one');
    if (marked === undefined) throw new Error('one is missing');
    await world.store.update<'Function'>({
      ...marked,
      metadata: { ...marked.metadata, finalizers: [] },
    });
    await eventually(async () => {
      const again = await world.get('one');
      expect(again?.spec.timeout).toBe(9);
      expect(again?.metadata.uid).not.toBe(made.metadata.uid);
    });
  });

  it('nothing after close', async ({ expect }) => {
    const world = await useWorld();
    const source = world.makeSource();
    await source.start();
    await source.close();
    await world.write('a.yaml', manifest('one'));
    const later = world.makeSource();
    expect(existsSync(join(world.directory, 'a.yaml'))).toBe(true);
    await expect(world.names()).resolves.toEqual([]);
    await later.applyAll();
    await expect(world.names()).resolves.toEqual(['one']);
  });
});
