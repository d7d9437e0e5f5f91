import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PURE = ['packages/api', 'packages/lambda-api', 'packages/core'];
const WORKSPACES = globSync(['packages/*', 'operator', 'gateway', 'cli', 'runtime-images/agent'], {
  cwd: ROOT,
}).filter((folder) => existsSync(path.join(ROOT, folder, 'package.json')));
const TESTKIT = 'packages/testkit';
// What only tests may import.
const OF_TESTS = ['@mayfly/testkit', 'vitest', 'fast-check'];

// No parser, on purpose: this check shares nothing with the linter and the cruiser, so that no single
// mistake blinds all three.
const IMPORT =
  /(?:^|[\s;])(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|[\s;(])import\s*\(?\s*['"]([^'"]+)['"]/g;

interface Import {
  readonly file: string;
  readonly specifier: string;
}

/** `@mayfly/core/x` → `@mayfly/core`; `fastify/lib/y` → `fastify`. */
function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/');
  return specifier.startsWith('@') ? `${first}/${second}` : first;
}

function importsIn(text: string): string[] {
  // Examples in comments are not imports.
  const code = text.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
  return [...code.matchAll(IMPORT)].map(([, from, bare]) => from ?? bare ?? '');
}

function importsOf(workspace: string): Import[] {
  return globSync('src/**/*.ts', { cwd: path.join(ROOT, workspace) })
    .filter((file) => !/(?:\.d|\.test|-fixture)\.ts$|\/(?:testing|fixtures)\//.test(file))
    .flatMap((file) =>
      importsIn(readFileSync(path.join(ROOT, workspace, file), 'utf8')).map((specifier) => ({
        file,
        specifier,
      })),
    );
}

function readManifest(folder: string): Record<string, Record<string, string> | undefined> {
  return JSON.parse(readFileSync(path.join(ROOT, folder, 'package.json'), 'utf8')) as ReturnType<
    typeof readManifest
  >;
}

function declaredBy(workspace: string): ReadonlySet<string> {
  const { dependencies = {} } = readManifest(workspace);
  // The testkit is itself a development dependency only.
  const { devDependencies = {} } = workspace === TESTKIT ? readManifest('.') : {};
  return new Set([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
}

/** Imports that leave the workspace without its package.json saying so. */
function undeclared(imports: readonly Import[], declared: ReadonlySet<string>): Import[] {
  return imports.filter(
    ({ specifier }) =>
      !specifier.startsWith('.') &&
      !specifier.startsWith('node:') &&
      !declared.has(packageOf(specifier)),
  );
}

/** Relative imports that end outside of the workspace. */
function escaping(imports: readonly Import[]): Import[] {
  return imports.filter(
    ({ file, specifier }) =>
      specifier.startsWith('.') && path.join(path.dirname(file), specifier).startsWith('..'),
  );
}

/** What the packages' `exports` name besides the front door, such as `@mayfly/api/reserved-variables`. */
const ENTRY_POINTS: ReadonlySet<string> = new Set(
  WORKSPACES.flatMap((workspace) => {
    const file = path.join(ROOT, workspace, 'package.json');
    const { name, exports = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
      name: string;
      exports?: Record<string, string>;
    };
    return Object.keys(exports).map((entry) => path.posix.join(name, entry));
  }),
);

/** Imports of a part of another workspace. */
function deep(imports: readonly Import[]): Import[] {
  return imports.filter(
    ({ specifier }) => /^@mayfly\/[^/]+\//.test(specifier) && !ENTRY_POINTS.has(specifier),
  );
}

describe.each(WORKSPACES)('%s', (workspace) => {
  const imports = importsOf(workspace);

  it('has imports that this test can read', ({ expect }) => {
    expect(imports.length).toBeGreaterThan(0);
  });

  it('imports only what its package.json declares', ({ expect }) => {
    expect(undeclared(imports, declaredBy(workspace))).toEqual([]);
  });

  it('stays within itself and enters others by the front door', ({ expect }) => {
    expect([...escaping(imports), ...deep(imports)]).toEqual([]);
  });
});

describe.each(PURE)('%s', (workspace) => {
  it('touches no module of Node', ({ expect }) => {
    const specifiers = importsOf(workspace).map(({ specifier }) => specifier);
    expect(specifiers.filter((specifier) => specifier.startsWith('node:'))).toEqual([]);
  });
});

describe.each(WORKSPACES.filter((workspace) => workspace !== TESTKIT))('%s', (workspace) => {
  it('needs no test library to run', ({ expect }) => {
    const names = importsOf(workspace).map(({ specifier }) => packageOf(specifier));
    expect(names.filter((name) => OF_TESTS.includes(name))).toEqual([]);
  });
});

describe('this test', () => {
  it('sees every form of import', ({ expect }) => {
    const forms = [
      `import a from 'one';`,
      `import type { B } from "two";`,
      `import {\n  c,\n} from '@x/three';`,
      `import 'four';`,
      `export * from 'five';`,
      `export { d } from 'six';`,
      `const e = await import('seven');`,
      `import * as f from 'eight';`,
      `// import 'nine';`,
      ` * import { x } from 'ten';`,
    ];
    expect(importsIn(forms.join('\n'))).toEqual([
      'one',
      'two',
      '@x/three',
      'four',
      'five',
      'six',
      'seven',
      'eight',
    ]);
  });

  it('refuses planted violations', ({ expect }) => {
    const imports = [
      'zod/v4',
      'undici',
      '@mayfly/gateway',
      '@mayfly/core/src/x.ts',
      '../../core/src/x.ts',
      './near.ts',
    ].map((specifier) => ({ file: 'src/a.ts', specifier }));
    const declared = new Set(['zod', '@mayfly/core']);
    const names = (found: Import[]): string[] => found.map(({ specifier }) => specifier);
    expect(names(undeclared(imports, declared))).toEqual(['undici', '@mayfly/gateway']);
    expect(names(escaping(imports))).toEqual(['../../core/src/x.ts']);
    expect(names(deep(imports))).toEqual(['@mayfly/core/src/x.ts']);
  });

  it('found the workspaces', ({ expect }) => {
    expect(WORKSPACES).toEqual(expect.arrayContaining([...PURE, 'operator', 'gateway', 'cli']));
  });
});
