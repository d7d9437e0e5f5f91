import path from 'node:path';
import { ESLint } from 'eslint';
import { describe, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const eslint = new ESLint({ cwd: ROOT });

// Rules that have been switched off by mistake look like clean code. So each is shown a violation, as the
// text of a file that exists: the linter takes types from the project.
const CORE = 'packages/core/src/ports/clock.ts';
const TEST = 'packages/testkit/src/fake-clock.test.ts';
const PLANTED: readonly (readonly [rule: string, file: string, source: string])[] = [
  ['no-restricted-imports', CORE, `import 'node:fs/promises';`],
  ['no-restricted-imports', CORE, `import 'fastify';`],
  ['no-restricted-imports', CORE, `import '@mayfly/operator';`],
  ['no-restricted-imports', CORE, `import '@mayfly/api/src/index.ts';`],
  ['no-restricted-imports', CORE, `import '../../../api/src/index.ts';`],
  ['no-restricted-imports', 'packages/telemetry/src/logger.ts', `import 'undici';`],
  ['no-restricted-imports', TEST, `import { expect } from 'vitest';\nexpect(1);`],
  ['no-restricted-properties', CORE, `export const now = Date.now();`],
  ['no-restricted-properties', CORE, `export const chance = Math.random();`],
  ['no-restricted-properties', CORE, `export const env = process.env;`],
  ['no-restricted-properties', CORE, `process.exit(1);`],
  ['no-restricted-properties', TEST, `import { vi } from 'vitest';\nvi.mock('./x.ts');`],
  ['no-restricted-globals', CORE, `setTimeout(() => undefined, 1);`],
  ['no-restricted-syntax', CORE, `export const now = new Date();`],
  ['no-restricted-exports', CORE, `export default 1;`],
  ['jsdoc/require-jsdoc', CORE, `export interface Undocumented { readonly a: string }`],
  ['jsdoc/require-jsdoc', CORE, `export const undocumented = 1;`],
  ['jsdoc/require-jsdoc', CORE, `export function undocumented(): number { return 1; }`],
  ['@typescript-eslint/no-explicit-any', CORE, `export const value: any = 1;`],
  ['@typescript-eslint/no-non-null-assertion', CORE, `export const a = [1].at(0)!;`],
  ['@typescript-eslint/no-floating-promises', CORE, `Promise.resolve();`],
  ['@typescript-eslint/explicit-module-boundary-types', CORE, `export function f() { return 1; }`],
  [
    '@typescript-eslint/consistent-type-imports',
    CORE,
    `import { Condition } from '@mayfly/api';\nexport type C = Condition;`,
  ],
  [
    '@typescript-eslint/switch-exhaustiveness-check',
    CORE,
    `export function f(a: 'x' | 'y'): void { switch (a) { case 'x': break; } }`,
  ],
  [
    'max-params',
    CORE,
    `export function f(a: 1, b: 2, c: 3, d: 4): number { return a + b + c + d; }`,
  ],
  ['max-lines', CORE, '\n'.repeat(501)],
  ['max-lines-per-function', CORE, `export function f(): void {${'\nvoid 0;'.repeat(81)}\n}`],
  ['complexity', CORE, `export function f(a: number): void {${'if (a > 1) a++;'.repeat(10)}}`],
  [
    '@eslint-community/eslint-comments/require-description',
    CORE,
    `// eslint-disable-next-line no-restricted-properties\nexport const now = Date.now();`,
  ],
];

async function rulesBrokenBy(file: string, source: string): Promise<(string | null)[]> {
  const results = await eslint.lintText(source, { filePath: path.join(ROOT, file) });
  return results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId));
}

describe('the linter', () => {
  it.for(PLANTED)('reports %s in %s for %j', { timeout: 60_000 }, async (planted, { expect }) => {
    const [rule, file, source] = planted;
    expect(await rulesBrokenBy(file, source)).toContain(rule);
  });

  it('reports nothing for a file of the house style', { timeout: 60_000 }, async ({ expect }) => {
    const source = `/** Twice the number. */\nexport function double(a: number): number {\n  return a * 2;\n}\n`;
    expect(await rulesBrokenBy(CORE, source)).toEqual([]);
  });
});
