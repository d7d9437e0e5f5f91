import fc from 'fast-check';
import { describe, it } from 'vitest';
import { isArnLike } from './arn-like.ts';

describe('ArnLike', () => {
  it.for([
    ['arn:aws:s3:::photos', 'arn:aws:s3:::photos', true],
    ['arn:aws:s3:::photos', 'arn:aws:s3:::*', true],
    ['arn:aws:s3:::photos', 'arn:aws:s3:::phot?s', true],
    ['arn:aws:s3:::photos', 'arn:aws:s3:::photos?', false],
    ['arn:aws:s3:::photos', 'arn:*:s3:::photos', true],
    ['arn:aws:s3:::photos', 'arn:*', false],
    ['arn:aws:s3:::photos', '*', false],
    ['arn:aws:s3:::photos', 'arn:aws:s3:*photos', false],
    ['arn:aws:sns:us-east-1:111111111111:t', 'arn:aws:sns:*:111111111111:t', true],
    ['arn:aws:sns:us-east-1:111111111111:t', 'arn:aws:sns:*:t', false],
    ['arn:aws:events:us-east-1:1:rule/a/b', 'arn:aws:events:us-east-1:1:rule/*', true],
    ['arn:aws:lambda:us-east-1:1:function:f:PROD', 'arn:aws:lambda:us-east-1:1:function:*', true],
    ['arn:aws:s3:::Photos', 'arn:aws:s3:::photos', false],
    ['arn:aws:s3:::a.b', 'arn:aws:s3:::a?b', true],
    ['arn:aws:s3:::aXb', 'arn:aws:s3:::a.b', false],
  ] as const)('%s is like %s: %s', ([arn, pattern, expected], { expect }) => {
    expect(isArnLike(arn, pattern)).toBe(expected);
  });

  const part = fc.stringMatching(/^[ab*?]{0,8}$/);

  it('says the same as a regular expression does', ({ expect }) => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab*?:]{0,8}$/), part, (text, pattern) => {
        const source = pattern.replaceAll('?', '.').replaceAll('*', '.*');
        const expected = new RegExp(`^(?:${source})$`, 's').test(text);
        expect(isArnLike(`arn:aws:s3:::${text}`, `arn:aws:s3:::${pattern}`)).toBe(expected);
      }),
    );
  });

  it('is quick with a pattern that is made to be slow', ({ expect }) => {
    const pattern = `arn:aws:s3:::${'a*'.repeat(1000)}b`;
    expect(isArnLike(`arn:aws:s3:::${'a'.repeat(5000)}`, pattern)).toBe(false);
  });
});
