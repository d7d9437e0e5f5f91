import { describe, it } from 'vitest';
// @ts-expect-error The scripts are plain JavaScript: they run before anything is installed.
import * as summary from '../../scripts/summary.mjs';

interface LevelResult {
  readonly passed: number;
  readonly failed: number;
  readonly note: string;
}

const { listFailures, resultOf, summarise, sumLine } = summary as unknown as {
  listFailures: (runs: readonly object[]) => string;
  resultOf: (run: object) => LevelResult;
  summarise: (results: readonly LevelResult[]) => string;
  sumLine: (results: readonly LevelResult[]) => string;
};

function aRun(overrides: object = {}): object {
  const report = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1 };
  return { level: 'unit', exitCode: 0, report, ...overrides };
}

describe('the sum of all levels', () => {
  it('adds up what passed and what failed, in the last line', ({ expect }) => {
    const report = { numPassedTests: 4, numFailedTests: 2, numPendingTests: 0 };
    const results = [resultOf(aRun()), resultOf(aRun({ exitCode: 1, report }))];
    expect(sumLine(results)).toBe('7 passed, 2 failed');
    expect(summarise(results).split('\n').at(-1)).toBe('7 passed, 2 failed');
  });

  it.for([
    ['a level that did not run', { report: undefined }, 'did not run'],
    [
      'a level without tests',
      { report: { numPassedTests: 0, numFailedTests: 0, numPendingTests: 2 } },
      'found no tests',
    ],
    ['a level that failed without a failed test', { exitCode: 1 }, 'failed outside of tests'],
  ] as const)('counts %s as a failure', ([, overrides, note], { expect }) => {
    expect(resultOf(aRun(overrides))).toMatchObject({ failed: 1, note });
  });

  it('names each failed test before it, with the beginning of what it says', ({ expect }) => {
    const passed = { fullName: 'adds', status: 'passed', failureMessages: [] };
    const failed = {
      fullName: 'takes away',
      status: 'failed',
      failureMessages: ['expected 1\nat x'],
    };
    const testResults = [
      { name: 'a.test.ts', assertionResults: [passed, failed] },
      { name: 'b.test.ts', message: 'does not load', assertionResults: [] },
    ];
    expect(listFailures([aRun({ report: { testResults } }), aRun()]).split('\n')).toEqual([
      'FAILED unit: takes away',
      '    expected 1',
      '    at x',
      'FAILED unit: b.test.ts',
      '    does not load',
    ]);
  });
});
