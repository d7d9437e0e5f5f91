import { describe, it } from 'vitest';
import { formatProblems } from '../validation/problem.ts';
import { validateSpec } from '../validation/validate-spec.ts';

const BASE = { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } };

function problemsOf(overrides: object): string {
  return formatProblems(validateSpec('Function', { ...BASE, ...overrides }));
}

describe('environment.from', () => {
  it.for([
    { secretKeyRef: { name: 'db', key: 'PASSWORD' } },
    { name: 'PASSWORD', secretKeyRef: { name: 'db', key: 'pass.word', optional: true } },
    { configMapKeyRef: { name: 'db', key: 'HOST' } },
    { prefix: 'DB_', secretRef: { name: 'db', optional: true } },
    { configMapRef: { name: 'db' } },
  ])('takes %j', (source, { expect }) => {
    expect(problemsOf({ environment: { from: [source] } })).toBe('');
  });

  it.for([
    [{}, 'must have exactly one of secretKeyRef, configMapKeyRef, secretRef and configMapRef'],
    [
      { secretRef: { name: 'a' }, configMapRef: { name: 'a' } },
      'must have exactly one of secretKeyRef, configMapKeyRef, secretRef and configMapRef',
    ],
    [
      { name: 'ONE', secretRef: { name: 'a' } },
      'name is for a single key: use prefix with secretRef and configMapRef',
    ],
    [
      { prefix: 'P_', configMapKeyRef: { name: 'a', key: 'KEY' } },
      'prefix is for a whole object: use name with secretKeyRef and configMapKeyRef',
    ],
    [
      { secretKeyRef: { name: 'a', key: 'tls.crt' } },
      'needs a name: the key is no name of a variable',
    ],
    [
      { name: 'AWS_REGION', secretKeyRef: { name: 'a', key: 'KEY' } },
      'must not set a variable that the platform sets',
    ],
    [
      { configMapKeyRef: { name: 'a', key: 'LAMBDA_TASK_ROOT' } },
      'must not set a variable that the platform sets',
    ],
  ] as const)('refuses %j', ([source, message], { expect }) => {
    expect(problemsOf({ environment: { from: [source] } })).toBe(
      `spec.environment.from[0]: ${message}`,
    );
  });
});

describe('podTemplate', () => {
  it("takes Kubernetes' own types as they are", ({ expect }) => {
    const podTemplate = {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      labels: { team: 'a' },
      volumes: [{ name: 'models', persistentVolumeClaim: { claimName: 'models' } }],
      volumeMounts: [{ name: 'models', mountPath: '/mnt/models' }],
    };
    expect(problemsOf({ podTemplate })).toBe('');
  });

  it.for(['labels', 'annotations'])(
    'keeps %s of the platform to the platform',
    (field, { expect }) => {
      expect(
        problemsOf({ podTemplate: { [field]: { 'mayfly.dev/function': 'other' } } }),
      ).toContain(`spec.podTemplate.${field}: keys must not begin with mayfly.dev/`);
    },
  );

  it('refuses what a pod has and a function does not choose', ({ expect }) => {
    expect(problemsOf({ podTemplate: { hostNetwork: true } })).toContain(
      'spec.podTemplate.hostNetwork: unknown field',
    );
  });
});
