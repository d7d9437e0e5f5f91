import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'vitest';

const SCRIPT = path.resolve(import.meta.dirname, '../../charts/mayfly/argocd/health.lua');

interface Health {
  readonly status: string;
  readonly message: string;
}

/** What Argo CD itself makes of an object with the check of ours. */
function judge(object: object): Health {
  const program = path.join(process.env['MAYFLY_ARGOCD_PROGRAMS'] ?? '', 'argocd-health');
  const input = JSON.stringify([
    { apiVersion: 'mayfly.dev/v1alpha1', kind: 'Function', ...object },
  ]);
  const [health] = JSON.parse(
    execFileSync(program, [SCRIPT], { input, encoding: 'utf8' }),
  ) as Health[];
  if (health === undefined) throw new Error('no answer');
  return health;
}

function aCondition(overrides: object): object {
  return {
    type: 'Ready',
    reason: 'Active',
    message: 'x can be invoked.',
    observedGeneration: 2,
    ...overrides,
  };
}

/** An object whose generation is 2, with these conditions. */
function withConditions(...conditions: readonly object[]): object {
  return { metadata: { name: 'x', generation: 2 }, status: { conditions } };
}

const READY = aCondition({ status: 'True' });
const NO_CAPACITY = { type: 'WorkloadAvailable', reason: 'OutOfCapacity', message: 'No node.' };

describe('an object of Mayfly is to Argo CD', () => {
  it.for([
    ['has no status', { metadata: { name: 'x', generation: 1 } }],
    ['has no conditions', { metadata: { name: 'x', generation: 1 }, status: {} }],
    [
      'was judged before it changed',
      withConditions(aCondition({ status: 'True', observedGeneration: 1 })),
    ],
    [
      'was refused before it changed',
      withConditions(aCondition({ status: 'False', observedGeneration: 1 })),
    ],
  ] as const)('Progressing while it %s', ([, object], { expect }) => {
    expect(judge(object)).toEqual({
      status: 'Progressing',
      message: 'The operator has not judged this generation yet',
    });
  });

  it('Progressing while its code is on the way', ({ expect }) => {
    const pending = { status: 'Unknown', reason: 'CodePending', message: 'It is fetched.' };
    expect(judge(withConditions(aCondition(pending)))).toEqual({
      status: 'Progressing',
      message: 'CodePending: It is fetched.',
    });
  });

  it('Healthy when it is ready', ({ expect }) => {
    expect(judge(withConditions(READY))).toEqual({
      status: 'Healthy',
      message: 'Active: x can be invoked.',
    });
  });

  it('Degraded when it is refused, with the reason', ({ expect }) => {
    const refused = { status: 'False', reason: 'CodeNotFound', message: 'No such ConfigMap.' };
    expect(judge(withConditions(aCondition(refused)))).toEqual({
      status: 'Degraded',
      message: 'CodeNotFound: No such ConfigMap.',
    });
  });

  it('Degraded when it is ready but cannot start, with the reason', ({ expect }) => {
    const starved = withConditions(READY, aCondition({ ...NO_CAPACITY, status: 'False' }));
    expect(judge(starved)).toEqual({ status: 'Degraded', message: 'OutOfCapacity: No node.' });
    const fed = withConditions(READY, aCondition({ ...NO_CAPACITY, status: 'True' }));
    expect(judge(fed).status).toBe('Healthy');
  });

  it('Degraded when it has no effect yet: nothing would end a suspension', ({ expect }) => {
    const unserved = { status: 'False', reason: 'NotServed', message: 'Not yet.' };
    const kind = 'EventSourceMapping';
    expect(judge({ ...withConditions(aCondition(unserved)), kind })).toEqual({
      status: 'Degraded',
      message: 'NotServed: Not yet.',
    });
  });

  it.for([
    ['Version', 'Unknown', 'FunctionPending', 'Progressing'],
    ['Version', 'True', 'Unchanged', 'Healthy'],
    ['Version', 'False', 'FunctionNotFound', 'Degraded'],
    ['Alias', 'Unknown', 'RoutingPending', 'Progressing'],
    ['Alias', 'True', 'Routed', 'Healthy'],
    ['Alias', 'False', 'VersionNotFound', 'Degraded'],
  ] as const)('%s that says %s %s is %s', ([kind, status, reason, health], { expect }) => {
    const ready = aCondition({ status, reason, message: 'So it is.' });
    expect(judge({ ...withConditions(ready), kind })).toEqual({
      status: health,
      message: `${reason}: So it is.`,
    });
  });

  it('told the reason alone where there is no message', ({ expect }) => {
    const bare = aCondition({ status: 'False', reason: 'StartFailed', message: '' });
    expect(judge(withConditions(bare)).message).toBe('StartFailed');
  });
});
