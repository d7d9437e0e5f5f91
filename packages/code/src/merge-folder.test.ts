import { lstat, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { useTemporaryFolder } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { mergeFolder } from './merge-folder.ts';

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return folder;
}

describe('mergeFolder', () => {
  it('makes one folder of two, in which the moved files win', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const target = await write(path.join(folder, 'target'), { 'lib/a': '1', 'lib/b': '1' });
    const source = await write(path.join(folder, 'source'), { 'lib/b': '2', 'lib/c/d': '2' });

    await mergeFolder(source, target);

    const read = (name: string): Promise<string> => readFile(path.join(target, name), 'utf8');
    await expect(Promise.all(['lib/a', 'lib/b', 'lib/c/d'].map(read))).resolves.toEqual([
      '1',
      '2',
      '2',
    ]);
    await expect(lstat(source)).rejects.toThrow('ENOENT');
  });

  it('replaces a folder by a file, and a file by a folder', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const target = await write(path.join(folder, 'target'), { 'x/a': '1', y: '1' });
    const source = await write(path.join(folder, 'source'), { x: '2', 'y/b': '2' });

    await mergeFolder(source, target);

    await expect(readFile(path.join(target, 'x'), 'utf8')).resolves.toBe('2');
    await expect(readFile(path.join(target, 'y/b'), 'utf8')).resolves.toBe('2');
  });

  it('replaces a link to a folder and leaves what it leads to alone', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const outside = await write(path.join(folder, 'outside'), { a: '1' });
    const target = await write(path.join(folder, 'target'), {});
    await mkdir(target);
    await symlink(outside, path.join(target, 'lib'));
    const source = await write(path.join(folder, 'source'), { 'lib/a': '2' });

    await mergeFolder(source, target);

    await expect(readFile(path.join(outside, 'a'), 'utf8')).resolves.toBe('1');
    await expect(readFile(path.join(target, 'lib/a'), 'utf8')).resolves.toBe('2');
    await expect(readlink(path.join(target, 'lib'))).rejects.toThrow('EINVAL');
  });
});
