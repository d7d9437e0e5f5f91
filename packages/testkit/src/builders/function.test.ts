import { describe, it } from 'vitest';
import { aFunction } from './function.ts';

describe('aFunction', () => {
  it('fills in what the schema defaults', ({ expect }) => {
    expect(aFunction()).toMatchObject({
      apiVersion: 'mayfly.dev/v1alpha1',
      kind: 'Function',
      metadata: { name: 'hello', namespace: 'default', generation: 1 },
      spec: { runtime: 'nodejs24.x', memorySize: 128, timeout: 3, packageType: 'Zip' },
    });
    expect(aFunction()).not.toHaveProperty('status');
  });

  it('takes overrides of each part', ({ expect }) => {
    const fn = aFunction({
      metadata: { name: 'slow', generation: 2 },
      spec: { timeout: 60 },
      status: { state: 'Active', conditions: [] },
    });
    expect(fn).toMatchObject({
      metadata: { name: 'slow', uid: 'uid-of-slow', generation: 2 },
      spec: { timeout: 60, handler: 'index.handler' },
      status: { state: 'Active' },
    });
  });

  it('refuses a spec that users could not write', ({ expect }) => {
    expect(() => aFunction({ spec: { timeout: 901 } })).toThrow('timeout');
  });
});
