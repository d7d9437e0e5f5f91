import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FolderCodeStore } from '@mayfly/code';
import { makeRawZip } from '@mayfly/code/testing';
import type { CodeStore } from '@mayfly/core';
import { describe, it } from 'vitest';
import { FakeClock, useTemporaryFolder } from '@mayfly/testkit';
import { LocalCodeResolver } from './local-code-resolver.ts';

type Code = Parameters<LocalCodeResolver['resolve']>[0]['spec']['code'];

interface World {
  readonly root: string;
  readonly resolver: LocalCodeResolver;
  readonly puts: string[];
  resolve(code: Code): ReturnType<LocalCodeResolver['resolve']>;
}

/** `settled`: files count as old, as they are in real life most of the time. */
async function aWorld(options: { settled?: boolean } = {}): Promise<World> {
  const root = await useTemporaryFolder();
  const folder = new FolderCodeStore(path.join(root, 'store'));
  const puts: string[] = [];
  const codeStore: Pick<CodeStore, 'get' | 'open' | 'put'> = {
    put: async (archive) => {
      const stored = await folder.put(archive);
      puts.push(stored.codeSha256);
      return stored;
    },
    get: (codeSha256) => folder.get(codeSha256),
    open: (codeSha256) => folder.open(codeSha256),
  };
  const clock = new FakeClock(Date.now() + (options.settled === true ? 60_000 : 0));
  const unpackedDir = path.join(root, 'unpacked');
  const resolver = new LocalCodeResolver({ codeStore, unpackedDir, baseDir: root, clock });
  return {
    root,
    resolver,
    puts,
    resolve: (code) => resolver.resolve(aSpec(code)),
  };
}

function aSpec(code: Code): Parameters<LocalCodeResolver['resolve']>[0] {
  const spec = { runtime: 'nodejs24.x', handler: 'index.handler', code };
  return { spec: spec as Parameters<LocalCodeResolver['resolve']>[0]['spec'] };
}

async function shaOf(world: World, code: Code): Promise<string> {
  const resolution = await world.resolve(code);
  if (resolution.kind !== 'resolved') throw new Error(resolution.message);
  return resolution.codeSha256;
}

describe('LocalCodeResolver', () => {
  it('stores and unpacks inline code', async ({ expect }) => {
    const world = await aWorld();
    const codeSha256 = await shaOf(world, { inline: 'exports.handler = 1;' });
    const file = path.join(world.resolver.unpackedPath(codeSha256), 'index.js');
    expect(await readFile(file, 'utf8')).toBe('exports.handler = 1;');
    expect(world.puts).toEqual([codeSha256]);
  });

  it('resolves an archive and a folder relative to the base directory', async ({ expect }) => {
    const world = await aWorld();
    await writeFile(path.join(world.root, 'a.zip'), makeRawZip([{ name: 'x', content: '1' }]));
    await mkdir(path.join(world.root, 'app'));
    await writeFile(path.join(world.root, 'app', 'index.js'), '2');
    for (const name of ['a.zip', './app', path.join(world.root, 'app')]) {
      expect(await world.resolve({ zip: { path: name } })).toMatchObject({ kind: 'resolved' });
    }
  });

  it('sees every change of a folder, also a moment after it was read', async ({ expect }) => {
    const world = await aWorld();
    const file = path.join(world.root, 'app', 'index.js');
    await mkdir(path.dirname(file));
    const seen = new Set<string>();
    for (let n = 0; n < 20; n += 1) {
      await writeFile(file, String.fromCharCode(97 + n));
      await utimes(file, 1, 1);
      seen.add(await shaOf(world, { zip: { path: 'app' } }));
    }
    expect(seen.size).toBe(20);
  });

  it('does not read an unchanged folder again', async ({ expect }) => {
    const world = await aWorld({ settled: true });
    const folder = path.join(world.root, 'app');
    await mkdir(folder);
    await writeFile(path.join(folder, 'index.js'), 'one');
    const first = await shaOf(world, { zip: { path: 'app' } });
    expect(await shaOf(world, { zip: { path: 'app' } })).toBe(first);
    expect(world.puts).toHaveLength(1);
    await writeFile(path.join(folder, 'index.js'), 'two');
    expect(await shaOf(world, { zip: { path: 'app' } })).not.toBe(first);
  });

  it('refuses what is wrong with a reason and leaves nothing', async ({ expect }) => {
    const world = await aWorld();
    await writeFile(path.join(world.root, 'bad.zip'), 'no zip');
    await writeFile(path.join(world.root, 'evil.zip'), makeRawZip([{ name: '../x' }]));
    await writeFile(path.join(world.root, 'good.zip'), makeRawZip([{ name: 'x' }]));
    const reasons = [];
    for (const zip of [
      { path: 'bad.zip' },
      { path: 'evil.zip' },
      { path: 'missing.zip' },
      { path: 'good.zip/x' },
      { path: '/dev/null' },
    ]) {
      reasons.push(await world.resolve({ zip }));
    }
    expect(reasons.map((refused) => ('reason' in refused ? refused.reason : ''))).toEqual([
      'InvalidZipFile',
      'UnsafeArchive',
      'CodeNotFound',
      'CodeNotFound',
      'CodeNotFound',
    ]);
    expect(await readdir(path.join(world.root, 'unpacked'))).toEqual([]);
    expect(world.puts).toEqual([]);
  });

  it('compares the digest that the manifest names', async ({ expect }) => {
    const world = await aWorld();
    await writeFile(path.join(world.root, 'a.zip'), makeRawZip([{ name: 'x', content: '1' }]));
    const codeSha256 = await shaOf(world, { zip: { path: 'a.zip' } });
    expect(await world.resolve({ zip: { path: 'a.zip', sha256: codeSha256 } })).toMatchObject({
      kind: 'resolved',
    });
    expect(await world.resolve({ zip: { path: 'a.zip', sha256: 'bm8=' } })).toMatchObject({
      kind: 'refused',
      reason: 'CodeSha256Mismatch',
    });
  });

  it('unpacks again from the store what was removed', async ({ expect }) => {
    const world = await aWorld();
    const codeSha256 = await shaOf(world, { inline: '1' });
    const folder = world.resolver.unpackedPath(codeSha256);
    await rm(folder, { recursive: true });
    const folders = await Promise.all(
      Array.from({ length: 5 }, () => world.resolver.ensureUnpacked(codeSha256)),
    );
    expect(new Set(folders)).toEqual(new Set([folder]));
    expect(await readdir(folder)).toEqual(['index.js']);
    await expect(world.resolver.ensureUnpacked('bm8=')).rejects.toThrow('in the store');
  });

  it('removes what an interrupted unpacking left, and packages that nothing needs', async ({
    expect,
  }) => {
    const world = await aWorld();
    await mkdir(path.join(world.root, 'unpacked', 'abc.staging-1'), { recursive: true });
    const kept = await shaOf(world, { inline: '1' });
    await shaOf(world, { inline: '2' });
    expect(await readdir(path.join(world.root, 'unpacked'))).toHaveLength(2);
    await world.resolver.retain(new Set([kept]));
    const names = await readdir(path.join(world.root, 'unpacked'));
    expect(names).toEqual([path.basename(world.resolver.unpackedPath(kept))]);
  });
});
