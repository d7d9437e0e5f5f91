import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { useTemporaryFolder } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { rehearse } from './rehearse.ts';

describe('a rehearsal', () => {
  it('leaves nothing behind, and can be repeated', async ({ expect }) => {
    const folder = await useTemporaryFolder();
    await rehearse(folder);
    await rehearse(folder);
    expect(await readdir(folder)).toEqual([]);
  });

  it('fails where nothing can be written', async ({ expect }) => {
    const file = path.join(await useTemporaryFolder(), 'missing\0');
    await expect(rehearse(file)).rejects.toThrow();
  });
});
