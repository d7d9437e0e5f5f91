import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LAMBDA_RUNTIMES } from '@mayfly/core';
import { beforeAll, describe, it } from 'vitest';
import { parse } from 'yaml';
import { CHART, helm, HELM_DEADLINE_MS } from './helm.ts';
import { makeValuesTable } from './values-table.ts';

type Node = Readonly<Record<string, unknown>>;

const VALUES = readFileSync(path.join(CHART, 'values.yaml'), 'utf8');
const SCHEMA = JSON.parse(readFileSync(path.join(CHART, 'values.schema.json'), 'utf8')) as Node;
/** Helm's own; no chart gives it a default. */
const UNSET = ['global'];

/** Paths of a schema's properties, as far as the chart says what they are. */
function schemaPaths(node: Node, at = ''): readonly string[] {
  return Object.entries((node['properties'] ?? {}) as Readonly<Record<string, Node>>).flatMap(
    ([name, child]) => [`${at}${name}`, ...schemaPaths(child, `${at}${name}.`)],
  );
}

/** Paths of the values, down to what the schema leaves to the user. */
function valuePaths(value: unknown, known: ReadonlySet<string>, at = ''): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const here = `${at}${name}`;
    const isOpen = at !== '' && known.has(at.slice(0, -1)) && !known.has(here);
    return isOpen ? [] : [here, ...valuePaths(child, known, `${here}.`)];
  });
}

function objectNodes(node: unknown): readonly Node[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = 'properties' in node ? [node as Node] : [];
  return [...own, ...Object.values(node).flatMap((child) => objectNodes(child))];
}

const BAD = [
  ['a misspelt name', 'gateway.replica=3', /gateway.*additional properties 'replica' not allowed/s],
  [
    'a number out of its range',
    'operator.replicas=10',
    /operator\/replicas.*maximum: got 10, want 9/s,
  ],
  ['a word for a number', 'gateway.replicas=many', /gateway\/replicas.*got string, want integer/s],
  ['a region that is none', 'region=mars', /region.*'mars' does not match pattern/s],
  ['an account that is no 12 digits', 'accountId=abc', /accountId.*'abc' does not match pattern/s],
  [
    'a type of service that is none',
    'gateway.service.type=Internal',
    /'ClusterIP', 'LoadBalancer', 'NodePort'/,
  ],
  [
    'a pool without its size',
    'functions.pools[0].namespace=a',
    /functions\/pools\/0.*missing properties/s,
  ],
  ['a share above 1', 'functions.cpuRequestRatio=2', /cpuRequestRatio.*maximum: got 2, want 1/s],
  ['a store that is none', 'codeStore.type=gcs', /codeStore\/type.*'volume', 's3'/s],
  ['an S3 store without a bucket', 'codeStore.type=s3', /codeStore\.s3\.bucket: name the bucket/],
  [
    'one volume for two operators',
    'codeStore.volume.persistence.enabled=true,codeStore.volume.persistence.accessMode=ReadWriteOnce',
    /ReadWriteOnce needs operator\.replicas: 1/,
  ],
  [
    'a route without a Gateway',
    'exposure.httpRoute.enabled=true',
    /exposure\.httpRoute\.parentRefs: name the Gateway/,
  ],
] as const;

describe('values', () => {
  beforeAll(async () => {
    await helm('version');
  }, HELM_DEADLINE_MS);

  it('are those that the schema knows, no more and no fewer', ({ expect }) => {
    const inSchema = schemaPaths(SCHEMA).filter((name) => !UNSET.includes(name));
    const inFile = valuePaths(parse(VALUES), new Set(inSchema));
    expect(inFile.toSorted()).toEqual(inSchema.toSorted());
  });

  it('admit no other names anywhere', ({ expect }) => {
    const nodes = objectNodes(SCHEMA).filter((node) => node['type'] === 'object');
    expect(nodes.length).toBeGreaterThan(15);
    expect(nodes.filter((node) => node['additionalProperties'] !== false)).toEqual([]);
  });

  it('name an image of every runtime that Lambda has', ({ expect }) => {
    const { functions } = parse(VALUES) as { functions: { runtimeImages: Node } };
    expect(Object.keys(functions.runtimeImages)).toEqual(LAMBDA_RUNTIMES);
  });

  it.for(BAD)('are refused in words: %s', async ([, set, message], { expect }) => {
    const { code, stderr } = await helm('template', 'mayfly', CHART, '--set', set);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  it('are listed in the chart’s README', ({ expect }) => {
    const file = path.join(CHART, 'README.md');
    const [head = '', , tail = ''] = readFileSync(file, 'utf8').split(
      /^<!-- prettier-ignore.*-->$/m,
    );
    const table = makeValuesTable(VALUES);
    const made = `${head}<!-- prettier-ignore-start -->\n${table}<!-- prettier-ignore-end -->${tail}`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
  });
});
