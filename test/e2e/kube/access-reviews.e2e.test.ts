import { randomUUID } from 'node:crypto';
import { AccessReviewApi, connect, SecretApi, type LabelledSecret } from '@mayfly/kube';
import { systemClock } from '@mayfly/telemetry';
import { eventually } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { apply, kubectl } from '../helpers/cluster.ts';

const NAMESPACE = `reviews-${randomUUID().slice(0, 8)}`;
const USERNAME = `system:serviceaccount:${NAMESPACE}:alice`;

const api = connect();
const reviews = new AccessReviewApi(api);

beforeAll(() => {
  kubectl('create', 'namespace', NAMESPACE);
  kubectl('create', 'serviceaccount', 'alice', '-n', NAMESPACE);
  const rules = [
    {
      apiGroups: ['mayfly.dev'],
      resources: ['functions'],
      resourceNames: ['hello', 'other:live'],
      verbs: ['invoke'],
    },
  ];
  const metadata = { name: 'invoke', namespace: NAMESPACE };
  const rbac = 'rbac.authorization.k8s.io';
  apply({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
  apply({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'invoke' },
    subjects: [{ kind: 'ServiceAccount', name: 'alice', namespace: NAMESPACE }],
  });
});

afterAll(() => {
  kubectl('delete', 'namespace', NAMESPACE, '--wait=false');
});

describe('the API server', () => {
  it('knows verbs of ours, and names that are those of aliases', async ({ expect }) => {
    const user = { username: USERNAME, groups: ['system:authenticated'] };
    const about = { user, group: 'mayfly.dev', resource: 'functions', namespace: NAMESPACE };
    const ask = (verb: string, name?: string): Promise<boolean> =>
      reviews.isAllowed({ ...about, verb, name });
    // The rules reach the authorizer by a watch.
    await eventually(async () => {
      expect(await ask('invoke', 'hello')).toBe(true);
    });
    expect(await ask('invoke', 'other:live')).toBe(true);
    expect(await ask('invoke', 'other')).toBe(false);
    expect(await ask('invoke')).toBe(false);
    expect(await ask('get', 'hello')).toBe(false);
  });

  it('knows whose a token is', async ({ expect }) => {
    const token = kubectl('create', 'token', 'alice', '-n', NAMESPACE).trim();
    expect(await reviews.whoHas(token)).toMatchObject({
      username: USERNAME,
      groups: expect.arrayContaining([`system:serviceaccounts:${NAMESPACE}`]) as string[],
    });
    expect(await reviews.whoHas(`${token.slice(0, -6)}AAAAAA`)).toBeUndefined();
  });
});

describe('Secrets with a label', () => {
  it('are seen when they get it, and are gone when they lose it', async ({ expect }) => {
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    const seen = new Map<string, LabelledSecret | undefined>();
    kubectl('create', 'secret', 'generic', 'key', '-n', NAMESPACE, '--from-literal=a=b');
    await new SecretApi(api).watchLabelled(
      { namespace: NAMESPACE, labelSelector: 'mayfly.dev/access-key=true' },
      (name, secret) => seen.set(name, secret),
      { signal: stop.signal, clock: systemClock, onError: () => undefined },
    );
    expect(seen.size).toBe(0);
    kubectl('label', 'secret', 'key', '-n', NAMESPACE, 'mayfly.dev/access-key=true');
    await eventually(() => {
      expect(seen.get('key')?.data['a']?.toString()).toBe('b');
    });
    kubectl('label', 'secret', 'key', '-n', NAMESPACE, 'mayfly.dev/access-key-');
    await eventually(() => {
      expect(seen.get('key')).toBeUndefined();
    });
  });
});
