import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { KIND_NAMES } from '@mayfly/api';
import { describe, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = path.resolve(import.meta.dirname, '../..');

type Node = Readonly<Record<string, unknown>>;

/** A schema node and where it is, for messages. */
interface PlacedNode {
  readonly path: string;
  readonly node: Node;
}

function placedNodes(node: Node, at: string): readonly PlacedNode[] {
  const properties = Object.entries((node['properties'] ?? {}) as Record<string, Node>);
  const children = [
    ...properties.map(([name, child]) => [`${at}.${name}`, child] as const),
    ...['items', 'additionalProperties'].flatMap((keyword) =>
      keyword in node ? [[`${at}[]`, node[keyword] as Node] as const] : [],
    ),
  ];
  return [{ path: at, node }, ...children.flatMap(([place, child]) => placedNodes(child, place))];
}

async function readCrds(): Promise<readonly { file: string; crd: Node }[]> {
  const files = await readdir(path.join(ROOT, 'crds'));
  return await Promise.all(
    files.map(async (file) => ({
      file,
      crd: parse(await readFile(path.join(ROOT, 'crds', file), 'utf8')) as Node,
    })),
  );
}

function schemaOf(crd: Node): Node {
  const { versions } = crd['spec'] as {
    readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: Node } }];
  };
  return versions[0].schema.openAPIV3Schema;
}

const crds = await readCrds();
const nodes = crds.flatMap(({ file, crd }) => placedNodes(schemaOf(crd), file));

describe('generated files', () => {
  it('are what the schemas say', async ({ expect }) => {
    const generator = path.join(ROOT, 'packages/api/scripts/generate.ts');
    await expect(
      promisify(execFile)(process.execPath, [generator, '--check'], { cwd: ROOT }),
    ).resolves.toMatchObject({ stderr: '' });
  });

  it('hold one CRD for each kind', ({ expect }) => {
    const kinds = crds.map(({ crd }) => (crd['spec'] as { names: { kind: string } }).names.kind);
    expect(kinds.toSorted()).toEqual([...KIND_NAMES].toSorted());
  });
});

describe('CRD schemas', () => {
  it('are structural', ({ expect }) => {
    const forbidden = ['$ref', '$schema', 'anyOf', 'oneOf', 'allOf', 'not', 'id', 'definitions'];
    const wrong = nodes.filter(
      ({ node }) =>
        typeof node['type'] !== 'string' ||
        forbidden.some((keyword) => keyword in node) ||
        ('properties' in node && 'additionalProperties' in node) ||
        node['additionalProperties'] === false,
    );
    expect(nodes.length).toBeGreaterThan(50);
    expect(wrong.map(({ path: place }) => place)).toEqual([]);
  });

  it('bound integers only where a person chose the bound', ({ expect }) => {
    const bounds = nodes.flatMap(({ node }) => [node['minimum'], node['maximum']]);
    const absurd = bounds.filter((bound) => Math.abs(Number(bound ?? 0)) >= 2 ** 53 - 1);
    expect(absurd).toEqual([]);
  });

  it('describe every field that we define', ({ expect }) => {
    const silent = nodes.filter(
      ({ path: place, node }) =>
        !place.endsWith('.metadata') && !place.endsWith('[]') && node['description'] === undefined,
    );
    expect(silent.map(({ path: place }) => place)).toEqual([]);
  });

  it('name the default in the description of each field that has one', ({ expect }) => {
    const silent = nodes.filter(
      ({ path: place, node }) =>
        place.includes('.spec.') &&
        'default' in node &&
        !String(node['description']).includes('Default: '),
    );
    expect(silent.map(({ path: place }) => place)).toEqual([]);
  });

  it('require only fields that exist', ({ expect }) => {
    const wrong = nodes.filter(({ node }) =>
      ((node['required'] ?? []) as readonly string[]).some(
        (name) => !(name in ((node['properties'] ?? {}) as Node)),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('use patterns that Go reads too: no look-around, no back reference', ({ expect }) => {
    const patterns = nodes.flatMap(
      ({ node }) => node['pattern'] ?? [],
    ) as unknown as readonly string[];
    expect(patterns.length).toBeGreaterThan(5);
    expect(patterns.filter((pattern) => /\(\?[=!<]|\\[1-9]/.test(pattern))).toEqual([]);
  });

  it('merge conditions by their type', ({ expect }) => {
    const conditions = nodes.filter(({ path: place }) => place.endsWith('.status.conditions'));
    expect(conditions).toHaveLength(KIND_NAMES.length);
    for (const { node } of conditions) {
      expect(node).toMatchObject({
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
      });
    }
  });

  it('give every CEL rule a message of one line', ({ expect }) => {
    const rules = nodes.flatMap(
      ({ node }) => (node['x-kubernetes-validations'] ?? []) as readonly Node[],
    );
    expect(rules.length).toBeGreaterThan(5);
    for (const rule of rules) expect(rule['message']).toMatch(/^[^\n]+$/);
  });
});
