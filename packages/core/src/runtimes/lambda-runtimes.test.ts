import { describe, it } from 'vitest';
import { isDeprecatedRuntime, judgeRuntimeImage, LAMBDA_RUNTIMES } from './lambda-runtimes.ts';

const AVAILABLE = ['python3.13', 'nodejs24.x'];

describe('judgeRuntimeImage', () => {
  it.for(['nodejs24.x', 'python3.13'])('admits %s, which has an image', (runtime, { expect }) => {
    expect(judgeRuntimeImage(runtime, AVAILABLE)).toEqual({ kind: 'available' });
  });

  it.for(['python3.9', 'house-cobol'])('admits %s, given an image', (runtime, { expect }) => {
    expect(judgeRuntimeImage(runtime, [...AVAILABLE, runtime])).toEqual({ kind: 'available' });
  });

  it.for([
    ['java21', 'RuntimeNotAvailable', 'There is no image of the runtime java21. There are: '],
    ['nodejs16.x', 'RuntimeDeprecated', 'Runtime nodejs16.x is deprecated. There are images of: '],
    ['go1.x', 'RuntimeDeprecated', 'Runtime go1.x is deprecated. There are images of: '],
    ['nodejs24', 'UnknownRuntime', 'There is no runtime nodejs24. There are images of: '],
    ['__proto__', 'UnknownRuntime', 'There is no runtime __proto__. There are images of: '],
  ] as const)('refuses %s as %s, and names the others', ([runtime, reason, text], { expect }) => {
    expect(judgeRuntimeImage(runtime, AVAILABLE)).toEqual({
      kind: 'unavailable',
      reason,
      message: `${text}nodejs24.x, python3.13.`,
    });
  });

  it('says so when there is none at all', ({ expect }) => {
    expect(judgeRuntimeImage('java21', [])).toMatchObject({
      message: 'There is no image of the runtime java21. There are: none.',
    });
  });
});

describe('LAMBDA_RUNTIMES', () => {
  it('has none twice, and none that is deprecated', ({ expect }) => {
    expect([...new Set(LAMBDA_RUNTIMES)]).toEqual(LAMBDA_RUNTIMES);
    expect(LAMBDA_RUNTIMES.filter(isDeprecatedRuntime)).toEqual([]);
  });
});
