import fc from 'fast-check';
import { describe, it } from 'vitest';
import { makeObjectName } from './object-name.ts';

const LAMBDA_NAME = fc.stringMatching(/^[a-zA-Z0-9-_]{1,64}$/);
const ALIAS_NAME = fc.stringMatching(/^[a-zA-Z0-9-_]{1,128}$/);

describe('makeObjectName', () => {
  it('is the name of Lambda where Kubernetes takes it', ({ expect }) => {
    expect(makeObjectName('hello-2')).toBe('hello-2');
    expect(makeObjectName('hello-2', 'live')).toBe('hello-2.live');
  });

  it('is a clean one with a hash where it does not', ({ expect }) => {
    expect(makeObjectName('My_Page')).toMatch(/^my-page-[a-z0-9]{13}$/);
    expect(makeObjectName('__')).toMatch(/^x-[a-z0-9]{13}$/);
    expect(makeObjectName('hello', 'Live')).toMatch(/^hello\.live-[a-z0-9]{13}$/);
  });

  it('differs for names that differ in what Kubernetes does not know', ({ expect }) => {
    const names = ['hello', 'Hello', 'hello_', 'hello-', '-hello', 'hello__'].map((name) =>
      makeObjectName(name),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(makeObjectName('a-b', 'c')).not.toBe(makeObjectName('a', 'b-c'));
  });

  it('is the name of an object for every name of Lambda', ({ expect }) => {
    const alias = fc.option(ALIAS_NAME, { nil: undefined });
    fc.assert(
      fc.property(LAMBDA_NAME, alias, (functionName, qualifier) => {
        const name = makeObjectName(functionName, qualifier);
        expect(name.length).toBeLessThanOrEqual(253);
        expect(name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/);
      }),
    );
  });
});
