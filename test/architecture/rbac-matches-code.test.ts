import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, it } from 'vitest';
import { helm, HELM_DEADLINE_MS, render, type Rendered } from '../charts/helm.ts';
import { GATEWAY_NEEDS, type Need, OPERATOR_NEEDS, type Scope } from './rbac-needs.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Binding extends Rendered {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { kind: string; name: string; namespace: string }[];
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const SYSTEM = 'mayfly-system';
const PROGRAMS = [
  ['operator', OPERATOR_NEEDS],
  ['gateway', GATEWAY_NEEDS],
] as const;
const TEAMS = ['--set', 'functions.namespaces={team-a}'];

/** One line per right, so that a difference names exactly what is too much or missing. */
function lines(scope: string, rule: Rule): readonly string[] {
  const names = (rule.resourceNames ?? ['any']).toSorted().join(',');
  return rule.apiGroups.flatMap((group) =>
    rule.resources.flatMap((resource) =>
      rule.verbs.map((verb) => `${scope}: ${verb} ${group}/${resource} ${names}`),
    ),
  );
}

function linesOfNeed(need: Need, scopes: Readonly<Record<Scope, string>>): readonly string[] {
  const { scope, group, resources, verbs, names } = need;
  const resourceNames = names?.map((name) => `mayfly-${name}`);
  const rule = { apiGroups: [group], resources, verbs };
  return lines(scopes[scope], resourceNames === undefined ? rule : { ...rule, resourceNames });
}

/** The rights that the bindings of a release give to a service account. */
function rightsOf(account: string, objects: readonly Rendered[]): readonly string[] {
  const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding')) as Binding[];
  return bindings
    .filter(({ subjects }) => subjects.some(({ name }) => name === account))
    .flatMap(({ metadata, roleRef }) => {
      const { namespace } = metadata;
      const role = objects.find(
        (object) =>
          object.kind === roleRef.kind &&
          object.metadata.name === roleRef.name &&
          (roleRef.kind === 'ClusterRole' || object.metadata.namespace === namespace),
      );
      if (role === undefined) throw new Error(`no ${roleRef.kind} ${roleRef.name}`);
      return (role['rules'] as readonly Rule[]).flatMap((rule) => lines(namespace ?? 'all', rule));
    })
    .toSorted();
}

describe('the rights that the chart gives', () => {
  beforeAll(async () => {
    await helm('version');
  }, HELM_DEADLINE_MS);

  it.for(PROGRAMS)('are those that the %s needs, no more', async ([program, needs], { expect }) => {
    const scopes = { cluster: 'all', functions: 'all', api: 'default', system: SYSTEM };
    const needed = needs.flatMap((need) => linesOfNeed(need, scopes));
    expect(rightsOf(`mayfly-${program}`, await render())).toEqual(needed.toSorted());
  });

  it.for(PROGRAMS)(
    'can be held to the namespaces of Functions: %s',
    async ([program, needs], { expect }) => {
      const scopes = { cluster: 'all', functions: 'team-a', api: 'default', system: SYSTEM };
      const needed = needs.flatMap((need) => linesOfNeed(need, scopes));
      expect(rightsOf(`mayfly-${program}`, await render(...TEAMS))).toEqual(needed.toSorted());
    },
  );

  it('never say everything', async ({ expect }) => {
    const rules = (await render()).flatMap((object) => (object['rules'] ?? []) as readonly Rule[]);
    expect(rules.length).toBeGreaterThan(10);
    for (const { apiGroups, resources, verbs } of rules) {
      expect.soft([...apiGroups, ...resources, ...verbs].join(' ')).not.toContain('*');
    }
  });

  it('go to the service accounts of the release alone', async ({ expect }) => {
    const bindings = (await render()).filter(({ kind }) => kind.endsWith('RoleBinding'));
    const subjects = new Set(
      (bindings as Binding[]).flatMap((binding) =>
        binding.subjects.map(({ kind, name, namespace }) => `${kind} ${namespace}/${name}`),
      ),
    );
    expect([...subjects].toSorted()).toEqual(
      PROGRAMS.map(([program]) => `ServiceAccount ${SYSTEM}/mayfly-${program}`).toSorted(),
    );
  });

  it.for([...OPERATOR_NEEDS, ...GATEWAY_NEEDS])(
    'have a source: $verbs $resources',
    ({ source, resources }, { expect }) => {
      const text = readFileSync(path.join(ROOT, source), 'utf8');
      for (const resource of resources) {
        // The store of custom resources and what applies objects take the plural from their callers.
        const isGeneric = /kube-resource-store|apply-object/.test(source);
        if (!isGeneric) expect.soft(text).toContain(resource.split('/').at(-1));
      }
    },
  );
});
