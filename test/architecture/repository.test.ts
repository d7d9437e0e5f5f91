import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MAX_SOURCE_LINES = 500;
const MAX_TEST_LINES = 800;
const MAX_FILE_BYTES = 512 * 1024;

interface Problem {
  readonly file: string;
  readonly text: string;
}

// What git tracks or would track. The tree may belong to another user than the one who tests.
function listFiles(): string[] {
  const args = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return listed.split('\n').filter((file) => file !== '' && existsSync(path.join(ROOT, file)));
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

const FILES = listFiles();
const OWN_SOURCE = FILES.filter(
  (file) => /\.(?:ts|mjs|cjs)$/.test(file) && !file.includes('/generated/'),
);

// Paths that exist on one machine only, and hosts that not everybody reaches. Written in pieces, so that
// this file is not a hit itself.
const OF_ONE_MACHINE = [
  new RegExp(`(?<![\\w.$}{*~-])/(?:${['work', 'root', 'Users'].join('|')})/[a-z]`),
  new RegExp(`(?<![\\w.$}{*~-])/home/(?!sbx_)[a-z]`),
  new RegExp(['https?://', '[^/\\s]*', '\\.(?:internal|corp|lan)\\b'].join('')),
];

// Other things that are called so by their owners: Lambda's field with the variables, Python's venv.
const SHORT_NAME =
  /\b(?:class|interface|type|function|const|let) (?!\w*(?:[eE]xecutionEnvironment|FunctionEnvironment|PythonEnvironment))\w*(?:Environments?|environments?)\b/g;

function ofOneMachine(file: string, text: string): Problem[] {
  return text
    .split('\n')
    .filter((line) => OF_ONE_MACHINE.some((pattern) => pattern.test(line)))
    .map((line) => ({ file, text: line.trim().slice(0, 120) }));
}

describe('files of the repository', () => {
  it('are found', ({ expect }) => {
    expect(FILES.length).toBeGreaterThan(50);
    expect(FILES).toEqual(expect.arrayContaining(['package.json', 'Makefile', 'LICENSE']));
  });

  it('name no path or host of one machine', ({ expect }) => {
    const texts = FILES.filter((file) => /\.(?:[cm]?[jt]s|json|md|ya?ml|mk|sh|py|go)$/.test(file));
    expect(texts.flatMap((file) => ofOneMachine(file, read(file)))).toEqual([]);
  });

  it('are small', ({ expect }) => {
    const isLarge = (file: string): boolean =>
      statSync(path.join(ROOT, file)).size > MAX_FILE_BYTES;
    expect(FILES.filter(isLarge)).toEqual([]);
  });

  it('have lines of code that one can read at a sitting', ({ expect }) => {
    const long = OWN_SOURCE.map((file) => ({ file, lines: read(file).split('\n').length })).filter(
      ({ file, lines }) =>
        lines > (file.endsWith('.test.ts') ? MAX_TEST_LINES : MAX_SOURCE_LINES) + 1,
    );
    expect(long).toEqual([]);
  });

  it('are named in kebab-case, and for what they hold', ({ expect }) => {
    const inSource = OWN_SOURCE.filter((file) => /(?:^|\/)src\//.test(file));
    const odd = inSource.filter(
      (file) =>
        !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:ts|mjs|cjs)$/.test(path.basename(file)) ||
        /(?:^|\/)(?:utils?|helpers?|common|misc|managers?|types)(?:\.ts$|\/)/.test(file),
    );
    expect(odd).toEqual([]);
  });

  it('say executionEnvironment in full: environment alone means variables', ({ expect }) => {
    const short = OWN_SOURCE.flatMap((file) =>
      [...read(file).matchAll(SHORT_NAME)].map(([text]) => ({ file, text })),
    );
    expect(short).toEqual([]);
    expect(['const', 'idleEnvironments'].join(' ')).toMatch(SHORT_NAME);
    expect('function makeExecutionEnvironment() {}').not.toMatch(SHORT_NAME);
  });

  it('sees planted paths of one machine', ({ expect }) => {
    const planted = ['see /ro' + 'ot/x', "const a = '/wo" + "rk/main'", 'file:///ho' + 'me/ada/x'];
    const fine = ['/home/sbx_user1051', '${ROOT}/work/x', 'a/work/b', '/var/task', '/workspace/x'];
    expect(planted.flatMap((line) => ofOneMachine('a', line))).toHaveLength(planted.length);
    expect(fine.flatMap((line) => ofOneMachine('a', line))).toEqual([]);
  });
});

describe('the lock file', () => {
  it('holds no addresses, so that everybody installs from the registry of their own', ({
    expect,
  }) => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "(?:https?|git)/);
    expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true');
  });

  it('pins every package by its digest', ({ expect }) => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { integrity?: string; link?: boolean; inBundle?: boolean }>;
    };
    const loose = Object.entries(packages).filter(
      ([name, entry]) =>
        name.includes('node_modules/') &&
        entry.integrity === undefined &&
        entry.link !== true &&
        entry.inBundle !== true,
    );
    expect(loose.map(([name]) => name)).toEqual([]);
  });
});

describe('the toolchain', () => {
  it('runs tests on the Node that package.json installs', ({ expect }) => {
    const { version } = JSON.parse(read('node_modules/node/package.json')) as { version: string };
    expect(process.version).toBe(`v${version}`);
  });

  it('keeps the compiler at a version that the dependency check can read', ({ expect }) => {
    const { version } = JSON.parse(read('node_modules/typescript/package.json')) as {
      version: string;
    };
    expect(version).toMatch(/^6\.0\./);
  });

  it('compiles under the strict options of the house', ({ expect }) => {
    const { compilerOptions } = JSON.parse(read('tsconfig.base.json')) as {
      compilerOptions: Record<string, unknown>;
    };
    expect(compilerOptions).toMatchObject({
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
    });
  });
});
