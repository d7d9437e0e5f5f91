import fc from 'fast-check';
import { describe, it } from 'vitest';
import { makeFunctionUrl, makeUrlId } from './url-id.ts';

describe('makeUrlId', () => {
  it('is readable and stays the same', ({ expect }) => {
    expect(makeUrlId('default', 'My_Page')).toBe(makeUrlId('default', 'My_Page'));
    expect(makeUrlId('default', 'My_Page')).toMatch(/^my-page-[a-z0-9]{13}$/);
    expect(makeUrlId('default', '__')).toMatch(/^fn-[a-z0-9]{13}$/);
  });

  it('differs by namespace and by the exact name', ({ expect }) => {
    const ids = [
      makeUrlId('default', 'page'),
      makeUrlId('other', 'page'),
      makeUrlId('default', 'Page'),
      makeUrlId('default', 'page', 'live'),
      makeUrlId('default', 'page', 'beta'),
      makeUrlId('default', 'page-live'),
    ];
    expect(new Set(ids).size).toBe(6);
    expect(makeUrlId('default', 'page', 'live')).toMatch(/^page-live-[a-z0-9]{13}$/);
  });

  it('is a DNS label for every function name and alias', ({ expect }) => {
    const alias = fc.option(fc.stringMatching(/^[a-zA-Z0-9-_]{1,128}$/), { nil: undefined });
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9-_]{1,64}$/), alias, (name, qualifier) => {
        const id = makeUrlId('default', name, qualifier);
        expect(id).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
      }),
    );
  });
});

describe('makeFunctionUrl', () => {
  it('puts the id before the region and the domain', ({ expect }) => {
    const location = {
      namespace: 'default',
      functionName: 'page',
      region: 'us-east-1',
      urlDomain: 'localhost',
      scheme: 'http',
    };
    const id = makeUrlId('default', 'page');
    expect(makeFunctionUrl({ ...location, port: 8080 })).toBe(
      `http://${id}.lambda-url.us-east-1.localhost:8080/`,
    );
    expect(makeFunctionUrl({ ...location, port: undefined })).toBe(
      `http://${id}.lambda-url.us-east-1.localhost/`,
    );
  });
});
