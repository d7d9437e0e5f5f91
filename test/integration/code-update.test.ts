import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { aNodeFunction, useDirectory, usePlatform } from '../helpers/platform.ts';

const answering = (text: string) =>
  aNodeFunction('hello', `exports.handler = async () => '${text}';`, { timeout: 10 });

describe('a change of code', () => {
  it('fails no call while traffic runs', async ({ expect }) => {
    const { invoke, apply } = await usePlatform({ functions: [answering('old')] });
    const seen: unknown[] = [];
    let isOver = false;
    const caller = async (): Promise<void> => {
      while (!isOver) {
        const answer = await invoke('hello');
        seen.push(answer.statusCode === 200 ? answer.payload : answer.statusCode);
      }
    };
    const callers = [caller(), caller(), caller()];
    await eventually(() => {
      if (seen.length < 10) throw new Error('no traffic yet');
    });

    apply(answering('new'));
    await eventually(() => {
      if (seen.at(-1) !== 'new') throw new Error(`last answer: ${String(seen.at(-1))}`);
    }).finally(() => (isOver = true));
    await Promise.all(callers);

    expect(new Set(seen)).toEqual(new Set(['old', 'new']));
    expect((await invoke('hello')).payload).toBe('new');
  });

  it('in a file of a folder is served without a change of the manifest', async ({ expect }) => {
    const { invoke, manifestDir } = await usePlatform({
      functions: [
        {
          name: 'folder',
          spec: { runtime: 'nodejs24.x', handler: 'lib/app.handler' },
          files: { 'lib/app.mjs': "export const handler = async () => 'old';" },
        },
      ],
    });
    expect((await invoke('folder')).payload).toBe('old');

    const file = path.join(manifestDir, 'folder-code/lib/app.mjs');
    writeFileSync(file, "export const handler = async () => 'newer';");

    await expect
      .poll(async () => (await invoke('folder')).payload, { timeout: 15_000 })
      .toBe('newer');
  });

  it('that cannot be had leaves the old one serving and says why', async ({ expect }) => {
    const { invoke, get, manifestDir } = await usePlatform({
      functions: [
        {
          name: 'folder',
          spec: { runtime: 'nodejs24.x', handler: 'app.handler' },
          files: { 'app.mjs': "export const handler = async () => 'old';" },
        },
      ],
    });

    rmSync(path.join(manifestDir, 'folder-code'), { recursive: true });

    await eventually(
      async () => {
        const status = (await get('folder'))?.status;
        if (status?.lastUpdateStatus !== 'Failed') throw new Error(JSON.stringify(status));
        expect(status.lastUpdateStatusReasonCode).toBe('CodeNotFound');
      },
      { timeoutMs: 15_000 },
    );
    expect((await invoke('folder')).payload).toBe('old');
  });
});

describe('a change of a manifest', () => {
  it('that is wrong leaves the last good one serving', async ({ expect }) => {
    const { invoke, apply, get } = await usePlatform({ functions: [answering('old')] });
    const before = await get('hello');

    apply(aNodeFunction('hello', 'exports.handler = async () => 1;', { timeout: 1000 }));
    apply(aNodeFunction('other', "exports.handler = async () => 'other';"));

    await expect.poll(() => get('other'), { timeout: 10_000 }).toBeDefined();
    expect((await get('hello'))?.metadata.generation).toBe(before?.metadata.generation);
    expect((await invoke('hello')).payload).toBe('old');
  });

  it('that removes it ends the function', async ({ expect }) => {
    const { invoke, get, remove } = await usePlatform({ functions: [answering('old')] });
    expect((await invoke('hello')).statusCode).toBe(200);

    remove('hello');

    await expect.poll(() => get('hello'), { timeout: 15_000 }).toBeUndefined();
    expect((await invoke('hello')).statusCode).toBe(404);
  });

  it('of a variable reaches the function', async ({ expect }) => {
    const withColour = (colour: string) =>
      aNodeFunction('colour', 'exports.handler = async () => process.env.COLOUR;', {
        environment: { variables: { COLOUR: colour } },
      });
    const { invoke, apply } = await usePlatform({ functions: [withColour('red')] });
    expect((await invoke('colour')).payload).toBe('red');

    apply(withColour('blue'));

    await expect
      .poll(async () => (await invoke('colour')).payload, { timeout: 10_000 })
      .toBe('blue');
  });
});

describe('a state directory inside a project of ES modules', () => {
  it('leaves CommonJS functions what they are', async ({ expect }) => {
    const project = useDirectory();
    writeFileSync(path.join(project, 'package.json'), '{"type":"module"}');
    const { invoke } = await usePlatform({
      stateDirectory: path.join(project, '.mayfly'),
      functions: [aNodeFunction('common', "exports.handler = async () => 'CommonJS';")],
    });

    expect((await invoke('common')).payload).toBe('CommonJS');
  });
});

describe('a function that cannot run here', () => {
  it.for([
    { runtime: 'java21', reason: /java21/ },
    { runtime: 'nodejs99.x', reason: /nodejs99\.x/ },
    { runtime: 'cobol1', reason: /nodejs24\.x/ },
  ])('with runtime $runtime fails with what to do', async ({ runtime, reason }, { expect }) => {
    const { get, invoke } = await usePlatform({
      functions: [aNodeFunction('stuck', 'exports.handler = 1;', { runtime })],
    });

    const status = (await get('stuck'))?.status;
    expect(status?.state).toBe('Failed');
    expect(status?.stateReason).toMatch(reason);
    expect((await invoke('stuck')).statusCode).toBeGreaterThanOrEqual(400);
  });
});
