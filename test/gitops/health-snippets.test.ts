import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { parse } from 'yaml';

// `UPDATE_GOLDEN=1` writes both files anew from health.lua.
const FOLDER = path.resolve(import.meta.dirname, '../../charts/mayfly/argocd');
const KINDS = [
  'Function',
  'Version',
  'Alias',
  'EventSourceMapping',
  'LayerVersion',
  'CodeSigningConfig',
];
const NOTICE = '# Made of health.lua; do not edit. docs/gitops.md says how to use it.';

/** What a file has before the checks, and how deep these are in it. */
const SNIPPETS = [
  ['values.yaml', ['configs:', '  cm:'], '    '],
  [
    'argocd-cm.yaml',
    ['apiVersion: v1', 'kind: ConfigMap', 'metadata:', '  name: argocd-cm', 'data:'],
    '  ',
  ],
] as const;

const health = read('health.lua');

function read(file: string): string {
  return readFileSync(path.join(FOLDER, file), 'utf8');
}

function makeSnippet(head: readonly string[], indent: string): string {
  const text = health.trimEnd().split('\n');
  const checks = KINDS.flatMap((kind) => [
    `${indent}resource.customizations.health.mayfly.dev_${kind}: |`,
    ...text.map((line) => (line === '' ? '' : `${indent}  ${line}`)),
  ]);
  return `${[NOTICE, ...head, ...checks].join('\n')}\n`;
}

function checksIn(file: string): unknown {
  const { configs, data } = parse(read(file)) as { configs?: { cm: unknown }; data?: unknown };
  return configs?.cm ?? data;
}

describe('the health checks for Argo CD', () => {
  it.for(SNIPPETS)('are in %s as health.lua has them', ([file, head, indent], { expect }) => {
    const made = makeSnippet(head, indent);
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path.join(FOLDER, file), made);
    expect(read(file)).toBe(made);
  });

  it.for(SNIPPETS)('are read out of %s for every kind of ours', ([file], { expect }) => {
    const keys = KINDS.map((kind) => `resource.customizations.health.mayfly.dev_${kind}`);
    expect(checksIn(file)).toEqual(Object.fromEntries(keys.map((key) => [key, health])));
  });
});
