import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { parse } from 'yaml';
import { CHART, render, type Rendered } from './helm.ts';

const SOURCE = path.resolve(import.meta.dirname, '../../crds');
const COPIES = path.join(CHART, 'files/crds');
const FILES = readdirSync(SOURCE).sort();

describe('the chart’s CRDs', () => {
  it('are copies of crds/', ({ expect }) => {
    expect(FILES.length).toBeGreaterThan(0);
    expect(readdirSync(COPIES).sort()).toEqual(FILES);
    for (const file of FILES) {
      const copy = readFileSync(path.join(COPIES, file), 'utf8');
      expect
        .soft(copy, `${file}: run make generate`)
        .toBe(readFileSync(path.join(SOURCE, file), 'utf8'));
    }
  });

  it('are rendered as they are, and kept when the release goes', async ({ expect }) => {
    const rendered = (await render()).filter(({ kind }) => kind === 'CustomResourceDefinition');
    expect(rendered).toHaveLength(FILES.length);
    for (const { metadata, ...crd } of rendered) {
      const text = readFileSync(path.join(COPIES, `${metadata.name}.yaml`), 'utf8');
      const { metadata: _metadata, ...expected } = parse(text) as Rendered;
      expect.soft(crd).toEqual(expected);
      expect.soft(metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    }
  });

  it('can be left to somebody else', async ({ expect }) => {
    const rendered = await render('--set', 'crds.install=false');
    expect(rendered.map(({ kind }) => kind)).not.toContain('CustomResourceDefinition');
  });
});
