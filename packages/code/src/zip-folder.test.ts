import {
  chmod,
  mkdir,
  readFile,
  readlink,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it, onTestFinished } from 'vitest';
import { useTemporaryFolder } from '@mayfly/testkit';
import { unpackZip } from './unpack-zip.ts';
import { zipFolder } from './zip-folder.ts';

async function fill(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'lib'), { recursive: true });
  await writeFile(path.join(folder, 'lib', 'ä.js'), 'exports.a = 1;');
  await writeFile(path.join(folder, 'bootstrap'), '#!/bin/sh\n');
  await chmod(path.join(folder, 'bootstrap'), 0o755);
  await symlink('lib/ä.js', path.join(folder, 'current.js'));
}

describe('zipping a folder', () => {
  it('gives the same bytes for the same contents, whatever the times', async ({ expect }) => {
    const one = await useTemporaryFolder();
    const two = await useTemporaryFolder();
    await fill(one);
    await fill(two);
    await utimes(path.join(two, 'bootstrap'), 1000, 1000);
    expect((await zipFolder(one)).equals(await zipFolder(two))).toBe(true);
    await writeFile(path.join(two, 'bootstrap'), '#!/bin/sh\n#');
    expect((await zipFolder(one)).equals(await zipFolder(two))).toBe(false);
  });

  it('keeps the executable bit and links', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    await fill(folder);
    const target = path.join(await useTemporaryFolder(), 'out');
    expect(await unpackZip(await zipFolder(folder), target)).toMatchObject({ kind: 'unpacked' });
    expect((await stat(path.join(target, 'bootstrap'))).mode & 0o777).toBe(0o755);
    expect((await stat(path.join(target, 'lib/ä.js'))).mode & 0o777).toBe(0o644);
    expect(await readlink(path.join(target, 'current.js'))).toBe('lib/ä.js');
    expect(await readFile(path.join(target, 'current.js'), 'utf8')).toBe('exports.a = 1;');
  });

  it('refuses a link that leaves the folder', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    await symlink('/etc/passwd', path.join(folder, 'secret'));
    await expect(zipFolder(folder)).rejects.toMatchObject({
      refusal: { reason: 'UnsafeArchive', message: expect.stringContaining('secret') as string },
    });
  });

  it('refuses what is neither file nor folder nor link', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    const server = createServer().listen(path.join(folder, 'socket'));
    onTestFinished(() => {
      server.close();
    });
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(zipFolder(folder)).rejects.toMatchObject({
      refusal: { reason: 'UnsafeArchive' },
    });
  });
});
