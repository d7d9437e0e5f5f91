import fc from 'fast-check';
import { describe, it } from 'vitest';
import { findJsonProblem } from './json-problem.ts';

const problemOf = (text: string): string | undefined => findJsonProblem(Buffer.from(text));

describe('findJsonProblem', () => {
  it('finds none in JSON', ({ expect }) => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(problemOf(text)).toBeUndefined();
      }),
    );
  });

  it.for([
    ['value', `Unrecognized token 'value'`, 'line: 1, column: 1'],
    ['{"a": tru}', `Unrecognized token 'tru'`, 'line: 1, column: 7'],
    ['[1,\n 2,,]', `Unexpected character (',' (code 44))`, 'line: 2, column: 4'],
    ['{"a":1', 'Unexpected end-of-input', 'line: 1, column: 7'],
    ['', 'Unexpected end-of-input', 'line: 1, column: 1'],
    ['"abc', 'Unexpected end-of-input', 'column: 5'],
    [`{'a':1}`, `Unexpected character (''' (code 39))`, 'column: 2'],
    [`{"a": "${'x'.repeat(90)}", "b": oops, "c": 1}`, `Unrecognized token 'oops'`, 'column: 106'],
    ['{} x', `Unrecognized token 'x'`, 'column: 4'],
  ] as const)('says what is wrong with %j', ([text, problem, place], { expect }) => {
    expect(problemOf(text)).toContain(problem);
    expect(problemOf(text)).toContain(place);
  });

  it('never throws, and stays short, for any text', ({ expect }) => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        expect((problemOf(text) ?? '').length).toBeLessThan(2000);
      }),
    );
  });

  it('says it of 6 MB without delay', ({ expect }) => {
    const text = `[${'1,'.repeat(3_000_000)},]`;
    expect(problemOf(text)).toContain(`Unexpected character (',' (code 44))`);
    expect(problemOf(text)?.length).toBeLessThan(1000);
  });

  it('refuses bytes that are no UTF-8', ({ expect }) => {
    expect(findJsonProblem(Buffer.from([0x22, 0xff, 0x22]))).toContain('UTF-8');
  });
});
