import { aFunction } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { makeWelcome } from './welcome.ts';

const URLS = { gatewayUrl: 'http://127.0.0.1:8080', adminUrl: 'http://127.0.0.1:8081' };

describe('the welcome', () => {
  it('lists functions with their runtime or URL and shows how to call hello', ({ expect }) => {
    const status = { state: 'Active' as const, conditions: [] };
    const page = aFunction({
      status,
      metadata: { name: 'page' },
      spec: { url: { authType: 'NONE', invokeMode: 'BUFFERED' } },
    });
    const text = makeWelcome({ ...URLS, functions: [page, aFunction({ status })] });

    expect(text).toContain('hello  nodejs24.x\n');
    expect(text).toContain('page   nodejs24.x  http://127.0.0.1:8080/url/default/page/');
    expect(text).toContain('/functions/hello/invocations');
  });

  it('says why a function cannot be called, and what is still prepared', ({ expect }) => {
    const failed = aFunction({
      metadata: { name: 'failed' },
      status: { state: 'Failed', stateReason: 'install Java', conditions: [] },
    });
    const text = makeWelcome({ ...URLS, functions: [failed, aFunction()] });

    expect(text).toContain('Failed: install Java');
    expect(text).toContain('hello   nodejs24.x  (being prepared)');
  });

  it('says what to do when there is none, and counts those that it leaves out', ({ expect }) => {
    expect(makeWelcome({ ...URLS, functions: [] })).toContain('No functions yet');
    const many = Array.from({ length: 15 }, (_, n) =>
      aFunction({ metadata: { name: `f${String(n)}` } }),
    );
    expect(makeWelcome({ ...URLS, functions: many })).toContain('… and 3 more');
  });
});
