import { describe, it } from 'vitest';
import { formatProblems } from '../validation/problem.ts';
import { applyDefaults, validateObject, validateSpec } from '../validation/validate-spec.ts';

const metadata = { name: 'v' };
const SNAPSHOT = {
  revision: 'r',
  codeSha256: 's',
  codeSize: 1,
  configuration: { memorySize: 128, environment: { variables: { A1: 'x', B1: 'y' } } },
};

type Fields = Readonly<Record<string, unknown>>;

function changeVersion(before: Fields, after: Fields): string {
  const previous = { metadata, spec: { functionName: 'f', ...before } };
  const object = { metadata, spec: { functionName: 'f', ...after } };
  return formatProblems(validateObject('Version', object, previous));
}

describe('a change of a Version', () => {
  const filled = { version: 1, snapshot: SNAPSHOT };

  it.for([
    ['fills it once', {}, filled],
    ['leaves it as it is', filled, structuredClone(filled)],
    ['sets provisioned concurrency', filled, { ...filled, provisionedConcurrency: {} }],
  ] as const)('may be one that %s', ([, before, after], { expect }) => {
    expect(changeVersion(before, after)).toBe('');
  });

  const faster = { ...SNAPSHOT, configuration: { ...SNAPSHOT.configuration, memorySize: 256 } };
  const fewer = {
    ...SNAPSHOT,
    configuration: { memorySize: 128, environment: { variables: { A1: 'x' } } },
  };
  it.for([
    ['snapshot', filled, { version: 1, snapshot: faster }],
    ['snapshot', filled, { version: 1, snapshot: fewer }],
    ['version', filled, { version: 2, snapshot: SNAPSHOT }],
    ['version', filled, {}],
    ['snapshot', {}, { version: 1 }],
    ['snapshot', {}, { snapshot: SNAPSHOT }],
    ['functionName', {}, { functionName: 'g' }],
    ['description', {}, { description: 'x' }],
    ['codeSha256', { codeSha256: 'x' }, {}],
    ['revisionId', { revisionId: 'x' }, { revisionId: 'y' }],
  ] as const)('must not be one of %s: %j to %j', ([field, before, after], { expect }) => {
    expect(changeVersion(before, after)).toContain(`spec.${field}: `);
  });
});

describe('an Alias', () => {
  const judge = (overrides: Fields): string => {
    const spec = { functionName: 'f', name: 'live', functionVersion: '1', ...overrides };
    const problems = validateSpec('Alias', spec);
    const object = (): Fields => applyDefaults('Alias', spec);
    return formatProblems(
      problems.length > 0 ? problems : validateObject('Alias', { metadata, spec: object() }),
    );
  };
  const weights = (additionalVersionWeights: Fields): Fields => ({
    routingConfig: { additionalVersionWeights },
  });
  const rollout = { type: 'Canary', stepPercentage: 10, intervalSeconds: 60 };

  it.for([
    {},
    { functionVersion: '$LATEST' },
    { functionVersion: '$LATEST', ...weights({}) },
    weights({ 2: 0.03 }),
    { rollout, ...weights({}) },
    { url: { authType: 'NONE' } },
  ])('may have %j', (overrides, { expect }) => {
    expect(judge(overrides)).toBe('');
  });

  it.for([
    [weights({ 2: 0.5, 3: 0.1 }), 'must name at most one additional version (got 2, 3)'],
    [weights({ 2: 1.5 }), 'must be at most 1'],
    [weights({ 2: -0.1 }), 'must be at least 0'],
    [weights({ live: 0.5 }), 'keys must be version numbers'],
    [weights({ $LATEST: 0.5 }), 'keys must be version numbers'],
    [weights({ 1: 0.5 }), 'must name another version than spec.functionVersion'],
    [
      { functionVersion: '$LATEST', ...weights({ 1: 0.5 }) },
      '$LATEST is not supported for an alias pointing to more than 1 version',
    ],
    [{ rollout, ...weights({ 2: 0.5 }) }, 'a rollout sets the weights itself'],
    [{ functionVersion: 'live' }, 'must be a version number or $LATEST'],
    [{ name: '12' }, 'not digits alone'],
    [
      { url: { authType: 'AWS_IAM', invokeMode: 'RESPONSE_STREAM' } },
      'RESPONSE_STREAM is not served yet',
    ],
    [{ provisionedConcurrentExecutions: 1 }, 'set spec.provisionedConcurrency'],
  ] as const)('must not have %j', ([overrides, text], { expect }) => {
    expect(judge(overrides)).toContain(text);
  });

  it('keeps function and name', ({ expect }) => {
    const object = { metadata, spec: { functionName: 'f', name: 'live' } };
    const other = { metadata, spec: { functionName: 'g', name: 'beta' } };
    expect(validateObject('Alias', other, object)).toHaveLength(2);
  });
});
