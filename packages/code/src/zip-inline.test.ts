import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'vitest';
import { useTemporaryFolder } from '@mayfly/testkit';
import { unpackZip } from './unpack-zip.ts';
import { zipInline } from './zip-inline.ts';

const CASES = [
  ['nodejs24.x', 'index.handler', 'exports.handler = () => 1;', 'index.js'],
  ['nodejs24.x', 'index.handler', '// hi\nexport const handler = () => 1;', 'index.mjs'],
  ['nodejs24.x', 'index.handler', "import{a} from 'node:fs';", 'index.mjs'],
  ['nodejs24.x', 'index.handler', "const a = import('node:fs');", 'index.js'],
  ['nodejs24.x', 'src/app.deep.handler', 'exports.deep = {};', 'src/app.js'],
  ['python3.11', 'lambda_function.lambda_handler', 'x = 1', 'lambda_function.py'],
  ['python3.11', 'pkg.mod.handler', 'x = 1', 'pkg/mod.py'],
  ['provided.al2023', 'anything.at.all', '#!/bin/sh', 'bootstrap'],
] as const;

describe('inline code', () => {
  it.for(CASES)('for %s with handler %s becomes a file', async (row, { expect }) => {
    const [runtime, handler, source, file] = row;
    const target = path.join(await useTemporaryFolder(), 'out');
    await unpackZip(await zipInline({ runtime, handler, source }), target);
    expect(await readFile(path.join(target, file), 'utf8')).toBe(source);
    expect(await readdir(target)).toHaveLength(1);
    const mode = (await stat(path.join(target, file))).mode & 0o777;
    expect(mode).toBe(file === 'bootstrap' ? 0o755 : 0o644);
  });

  it.for([
    ['nodejs24.x', '../../evil.handler'],
    ['nodejs24.x', '/etc/evil.handler'],
    ['nodejs24.x', 'a\\..\\evil.handler'],
    ['nodejs24.x', '.handler'],
    ['python3.11', '..handler'],
    ['java21', 'Handler::handle'],
  ] as const)('for %s refuses the handler %s', ([runtime, handler], { expect }) => {
    expect(() => zipInline({ runtime, handler, source: '' })).toThrow(
      expect.objectContaining({
        refusal: expect.objectContaining({ reason: 'InvalidInlineCode' }) as object,
      }) as Error,
    );
  });
});
