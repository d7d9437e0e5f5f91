import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, onTestFinished } from 'vitest';

const SCRIPT = path.resolve(import.meta.dirname, '../../scripts/check-dependencies.mjs');

/** A tree with these files. */
async function useTree(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'dependency-rules-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const all = { 'tsconfig.json': '{}', ...files };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  return root;
}

async function checkDependencies(root: string): Promise<{ code: number; text: string }> {
  return await new Promise((resolve) => {
    const child = execFile(process.execPath, [SCRIPT, root], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, text: stdout + stderr });
    });
  });
}

const PLANTED = [
  ['pure-packages-touch-nothing', 'packages/core/src/a.ts', `import 'node:fs';`],
  [
    'pure-packages-import-pure-packages',
    'packages/core/src/c.ts',
    `import '../../local/src/x.ts';`,
  ],
  ['api-and-lambda-api-stand-alone', 'packages/api/src/a.ts', `import '../../core/src/x.ts';`],
  ['telemetry-stands-alone', 'packages/telemetry/src/a.ts', `import '../../api/src/x.ts';`],
  ['packages-know-no-program', 'packages/local/src/a.ts', `import '../../../gateway/src/x.ts';`],
  ['programs-are-apart', 'gateway/src/a.ts', `export * from '../../operator/src/x.ts';`],
  ['programs-are-apart', 'operator/src/a.ts', `await import('../../packages/local/src/x.ts');`],
  ['tests-are-not-imported', 'cli/src/a.ts', `import '../../packages/testkit/src/x.ts';`],
  ['workspaces-by-their-front-door', 'cli/src/b.ts', `import '../../packages/core/src/x.ts';`],
  ['nothing-unresolved', 'cli/src/c.ts', `import './nowhere.ts';`],
  ['no-cycles', 'cli/src/d.ts', `import './e.ts';`],
  ['home-of-undici', 'operator/src/b.ts', `import 'undici';`],
  ['home-of-pino', 'gateway/src/b.ts', `import 'pino';`],
] as const;

describe('the dependency check', () => {
  it('refuses each planted violation', async ({ expect }) => {
    const root = await useTree({
      'packages/core/src/x.ts': '',
      'packages/api/src/x.ts': '',
      'packages/local/src/x.ts': '',
      'packages/testkit/src/x.ts': '',
      'gateway/src/x.ts': '',
      'operator/src/x.ts': '',
      'cli/src/e.ts': `import './d.ts';`,
      'node_modules/undici/package.json': '{"name":"undici","main":"i.js"}',
      'node_modules/undici/i.js': '',
      'node_modules/pino/package.json': '{"name":"pino","main":"i.js"}',
      'node_modules/pino/i.js': '',
      'package.json': '{"dependencies":{"undici":"1","pino":"1"}}',
      ...Object.fromEntries(PLANTED.map(([, file, source]) => [file, source])),
    });
    const { code, text } = await checkDependencies(root);
    for (const [rule, file] of PLANTED) expect.soft(text).toContain(`${rule}: ${file}`);
    expect(code).toBe(1);
  });

  it('fails when it finds next to nothing to look at', async ({ expect }) => {
    const root = await useTree({ 'packages/core/src/a.ts': 'export const a = 1;' });
    const { code, text } = await checkDependencies(root);
    expect(text).toContain('the check itself is broken');
    expect(code).toBe(1);
  });
});
