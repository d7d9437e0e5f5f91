import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, it } from 'vitest';
import { helm, HELM_DEADLINE_MS, render } from './helm.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CASES = globSync('goldens/*/values.yaml', { cwd: import.meta.dirname });

/** Variables that the chart leaves at their defaults on purpose. */
const UNSET: readonly string[] = [
  // 3 s in a cluster; tests shorten it.
  'MAYFLY_SETTLE_MS',
];

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: readonly Variable[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
}

async function renderContainer(component: string, values?: string): Promise<Container> {
  const args = values === undefined ? [] : ['-f', path.join(import.meta.dirname, values)];
  const objects = await render(...args);
  const deployment = objects.find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith(`-${component}`),
  );
  const { template } = deployment?.['spec'] as {
    template: { spec: { containers: readonly [Container] } };
  };
  return template.spec.containers[0];
}

/** As the container gets them; what only the cluster knows has a stand-in. */
function toEnv({ env }: Container): Readonly<Record<string, string>> {
  const pairs = env.map(({ name, value, valueFrom }) => [
    name,
    value ?? valueFrom?.fieldRef?.fieldPath.replaceAll('.', '-') ?? 'secret',
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** Names of the variables in a program's sources. */
function readVariables(component: string): readonly string[] {
  const files = globSync(`${component}/src/**/*.ts`, { cwd: ROOT });
  const text = files
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(path.join(ROOT, file), 'utf8'))
    .join('\n');
  const declared = text.matchAll(/^\s+(MAYFLY_[A-Z_]+): /gm);
  return [...new Set([...declared].map(([, name]) => name ?? ''))].toSorted();
}

async function load(file: string): Promise<Record<string, (env: object) => unknown>> {
  return (await import(pathToFileURL(path.join(ROOT, file)).href)) as never;
}

describe('what the chart tells the programs', () => {
  beforeAll(async () => {
    await helm('version');
  }, HELM_DEADLINE_MS);

  it.for(['operator', 'gateway'])('is what the %s reads', async (component, { expect }) => {
    const container = await renderContainer(component);
    const told = container.env.map(({ name }) => name).filter((name) => name.startsWith('MAYFLY_'));
    const optional = ['MAYFLY_URL_PORT'].filter((name) => readVariables(component).includes(name));
    const expected = readVariables(component).filter((name) => !UNSET.includes(name));
    expect([...told, ...optional].toSorted()).toEqual(expected);
  });

  it.for(CASES)('is a configuration of the operator: %s', async (values, { expect }) => {
    const container = await renderContainer('operator', values);
    const { loadClusterConfig } = await load('operator/src/cluster/config.ts');
    const config = loadClusterConfig?.(toEnv(container));
    const [http, grpc, admin] = container.ports;
    expect(container.args).toEqual(['/app/operator.mjs']);
    expect(config).toMatchObject({
      ports: { http: http?.containerPort, link: grpc?.containerPort, admin: admin?.containerPort },
    });
  });

  it.for(CASES)('is a configuration of the gateway: %s', async (values, { expect }) => {
    const container = await renderContainer('gateway', values);
    const { parseConfig } = await load('gateway/src/config.ts');
    expect(container.args).toEqual(['/app/gateway.mjs']);
    expect(parseConfig?.(toEnv(container))).toMatchObject({
      host: '0.0.0.0',
      port: container.ports[0]?.containerPort,
      maxPayloadBytes: 6_291_556,
    });
  });
});
