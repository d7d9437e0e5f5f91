import { describe, it } from 'vitest';
import { toLoggedUrl } from './logged-url.ts';

describe('the URL in a log', () => {
  it.for([
    ['/a/b', '/a/b'],
    ['/a?Qualifier=live', '/a?Qualifier=live'],
    ['/a?X-Amz-Signature=0af1&b=c', '/a?X-Amz-Signature=…&b=c'],
    [
      '/a?X-Amz-Date=1&x-amz-security-token=t%2F&X-Amz-Signature=s',
      '/a?X-Amz-Date=1&x-amz-security-token=…&X-Amz-Signature=…',
    ],
  ] as const)('of %s is %s', ([url, logged], { expect }) => {
    expect(toLoggedUrl(url)).toBe(logged);
  });
});
