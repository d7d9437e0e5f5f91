import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, it } from 'vitest';
import { CHART, helm, HELM_DEADLINE_MS, renderText } from './helm.ts';

// `UPDATE_GOLDEN=1` writes what is rendered over what was expected: read the difference before you commit it.
const FOLDER = path.join(import.meta.dirname, 'goldens');
const CASES = globSync('*/values.yaml', { cwd: FOLDER }).map((file) => path.dirname(file));
const DEFAULT = 'default';

/** Object → its text. The CRDs are compared with their source elsewhere. */
async function renderCase(name: string): Promise<ReadonlyMap<string, string>> {
  const values = path.join(FOLDER, name, 'values.yaml');
  const text = await renderText('-f', values, '--set', 'crds.install=false');
  const documents = text.split(/^---\n/m).filter((document) => document.trim() !== '');
  return new Map(documents.map((document) => [keyOf(document), document]));
}

function keyOf(document: string): string {
  const found = ['kind', '  name', '  namespace'].map(
    (field) => new RegExp(`^${field}: (.*)$`, 'm').exec(document)?.[1] ?? '',
  );
  return found.join(' ').trim();
}

/** The default is written whole, every other case as what it makes different. */
async function makeGolden(name: string): Promise<string> {
  const made = await renderCase(name);
  if (name === DEFAULT) return [...made.values()].join('---\n');
  const usual = await renderCase(DEFAULT);
  const gone = [...usual.keys()].filter((key) => !made.has(key));
  const different = [...made].filter(([key, text]) => usual.get(key) !== text);
  const head = gone.map((key) => `# not there: ${key}\n`).join('');
  return head + different.map(([, text]) => `---\n${text}`).join('');
}

describe('the chart', () => {
  beforeAll(async () => {
    await helm('version');
  }, HELM_DEADLINE_MS);

  it('has cases', ({ expect }) => {
    expect(CASES.length).toBeGreaterThan(3);
    expect(CASES).toContain(DEFAULT);
  });

  it.for(CASES)('renders as expected: %s', async (name, { expect }) => {
    const made = await makeGolden(name);
    const file = path.join(FOLDER, name, 'rendered.yaml');
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(file)) writeFileSync(file, made);
    expect(made).toBe(readFileSync(file, 'utf8'));
  });

  it.for(CASES)('passes helm lint --strict: %s', async (name, { expect }) => {
    const values = path.join(FOLDER, name, 'values.yaml');
    const { code, stdout, stderr } = await helm('lint', '--strict', CHART, '-f', values);
    expect(code, stdout + stderr).toBe(0);
  });
});
