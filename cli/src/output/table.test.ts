import { describe, it } from 'vitest';
import { formatAge, formatTable } from './table.ts';

describe('a table', () => {
  it('has columns as wide as their widest cell and no blanks at line ends', ({ expect }) => {
    const text = formatTable([
      ['NAME', 'URL', 'AGE'],
      ['hello', '', '3s'],
      ['a', 'http://x', ''],
    ]);
    expect(text).toBe('NAME    URL        AGE\nhello              3s\na       http://x\n');
  });

  it('shows no control characters', ({ expect }) => {
    expect(formatTable([['a\u001b[2J\nb']])).toBe('a [2J b\n');
  });
});

describe('an age', () => {
  it.for([
    [-5000, '0s'],
    [119_999, '119s'],
    [120_000, '2m'],
    [2 * 3_600_000, '2h'],
    [50 * 3_600_000, '2d'],
    [Number.NaN, '<unknown>'],
  ] as const)('of %d ms is %s', ([ageMs, text], { expect }) => {
    expect(formatAge(ageMs)).toBe(text);
  });
});
