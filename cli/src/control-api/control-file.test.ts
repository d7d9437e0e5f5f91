import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { useDirectory } from '../testing/use-platform.ts';
import { findControlFile, removeControlFile, writeControlFile } from './control-file.ts';

const CONTROL = { url: 'http://127.0.0.1:1', token: 't', gatewayUrl: 'http://127.0.0.1:2', pid: 7 };

describe('the control file', () => {
  it('is readable by its owner alone, also over an older one', async ({ expect }) => {
    const state = join(await useDirectory(), '.mayfly');
    await mkdir(state);
    await writeFile(join(state, 'control.json'), 'old', { mode: 0o644 });
    const path = await writeControlFile(state, CONTROL);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(CONTROL);
  });

  it('is found from a folder below, as git finds its repository', async ({ expect }) => {
    const directory = await useDirectory();
    await writeControlFile(join(directory, '.mayfly'), CONTROL);
    const below = join(directory, 'a', 'b');
    await mkdir(below, { recursive: true });
    const lookup = await findControlFile(below, undefined);
    expect(lookup).toMatchObject({ kind: 'found', control: CONTROL });
  });

  it('is looked for in the given state directory only', async ({ expect }) => {
    const directory = await useDirectory();
    await writeControlFile(join(directory, '.mayfly'), CONTROL);
    const lookup = await findControlFile(directory, 'elsewhere');
    const path = join(directory, 'elsewhere', 'control.json');
    expect(lookup).toEqual({ kind: 'absent', path });
  });

  it('is unreadable when it holds something else', async ({ expect }) => {
    const directory = await useDirectory();
    for (const text of ['', '{', '{}', '{"url":"no"}']) {
      await writeFile(join(directory, 'control.json'), text);
      const lookup = await findControlFile(directory, '.');
      expect(lookup.kind, text).toBe('unreadable');
    }
  });

  it('is removed by the process that wrote it and no other', async ({ expect }) => {
    const directory = await useDirectory();
    await writeControlFile(directory, CONTROL);
    await removeControlFile(directory, 8);
    expect((await findControlFile(directory, '.')).kind).toBe('found');
    await removeControlFile(directory, 7);
    await removeControlFile(directory, 7);
    expect((await findControlFile(directory, '.')).kind).toBe('absent');
  });
});
