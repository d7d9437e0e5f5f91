import { access, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { FunctionResource, VersionResource } from '@mayfly/api';
import { makeRawZip } from '@mayfly/code/testing';
import { makeLogger } from '@mayfly/telemetry';
import {
  aFunction,
  aPublishedVersion,
  aServedRevision,
  anActiveFunction,
  eventually,
  FakeClock,
  useTemporaryFolder,
} from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { makeLocalCode, type LocalCode } from './local-code.ts';

const NEVER = new AbortController().signal;
const HOUR_MS = 3_600_000;

interface World {
  readonly stateDirectory: string;
  readonly clock: FakeClock;
  /** What a platform that starts again makes. */
  start(): LocalCode;
}

async function useWorld(): Promise<World> {
  const stateDirectory = await useTemporaryFolder();
  const clock = new FakeClock();
  const logger = makeLogger({ level: 'silent' });
  return { stateDirectory, clock, start: () => makeLocalCode({ stateDirectory, clock, logger }) };
}

async function upload({ codeUploads }: LocalCode, content: string): Promise<string> {
  const archive = makeRawZip([{ name: 'index.js', content }]);
  const answer = await codeUploads.put(archive, NEVER);
  if (answer.kind !== 'stored') throw new Error(answer.message);
  return answer.codeSha256;
}

/** Makes an archive one that was put long ago. */
async function age({ stateDirectory }: World, codeSha256: string): Promise<void> {
  const hex = Buffer.from(codeSha256, 'base64').toString('hex');
  const long = new Date(Date.now() - HOUR_MS - 1000);
  await utimes(path.join(stateDirectory, 'code', `${hex}.zip`), long, long);
}

async function forget(
  code: LocalCode,
  objects: {
    readonly functions?: readonly FunctionResource[];
    readonly versions?: readonly VersionResource[];
  } = {},
): Promise<void> {
  const { functions = [], versions = [] } = objects;
  const stop = await code.forgetUnused({
    functions: () => functions,
    versions: () => versions,
    layers: () => [],
  });
  onTestFinished(stop);
}

async function has({ codeUploads }: LocalCode, codeSha256: string): Promise<boolean> {
  return (await codeUploads.open(codeSha256, NEVER)) !== undefined;
}

describe('packages of a machine', () => {
  it('stay when the platform starts again right after they were uploaded', async ({ expect }) => {
    const world = await useWorld();
    const codeSha256 = await upload(world.start(), 'new');
    const again = world.start();
    await forget(again);
    expect(await has(again, codeSha256)).toBe(true);
  });

  it('go when they are old and nothing uses them, unpacked ones too', async ({ expect }) => {
    const world = await useWorld();
    const codeSha256 = await upload(world.start(), 'old');
    await age(world, codeSha256);
    const again = world.start();
    await forget(again);
    expect(await has(again, codeSha256)).toBe(false);
    await expect(access(again.code.unpackedPath(codeSha256))).rejects.toThrow('ENOENT');
  });

  it('stay while a Function names or serves them, or a Version has them', async ({ expect }) => {
    const world = await useWorld();
    const first = world.start();
    const [named, served, frozen] = [
      await upload(first, 'named'),
      await upload(first, 'served'),
      await upload(first, 'frozen'),
    ];
    for (const codeSha256 of [named, served, frozen]) await age(world, codeSha256);
    const again = world.start();
    await forget(again, {
      functions: [
        aFunction({ spec: { code: { zip: { store: named } } } }),
        anActiveFunction({ ...aServedRevision(), codeSha256: served }),
      ],
      versions: [aPublishedVersion(1, { ...aServedRevision(), codeSha256: frozen })],
    });
    for (const codeSha256 of [named, served, frozen]) {
      expect(await has(again, codeSha256)).toBe(true);
    }
  });

  it('go while the platform runs, an hour after their last use', async ({ expect }) => {
    const world = await useWorld();
    const code = world.start();
    const codeSha256 = await upload(code, 'old');
    const functions = [aFunction({ spec: { code: { zip: { store: codeSha256 } } } })];
    await forget(code, { functions });
    await age(world, codeSha256);
    functions.length = 0;
    await eventually(async () => {
      world.clock.step(HOUR_MS);
      expect(await has(code, codeSha256)).toBe(false);
    });
  });
});
