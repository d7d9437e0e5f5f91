import { describe, it } from 'vitest';
import { functionNameOf, FunctionSpec, SCALING_DEFAULTS } from './function.ts';
import type { FunctionResource } from './function.ts';

const MINIMAL = { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } };

describe('FunctionSpec', () => {
  it('fills in the defaults of Lambda', ({ expect }) => {
    expect(FunctionSpec.parse(MINIMAL)).toEqual({
      ...MINIMAL,
      description: '',
      packageType: 'Zip',
      publish: 'Never',
      memorySize: 128,
      timeout: 3,
    });
  });

  it('fills in the scaling defaults that it exports', ({ expect }) => {
    expect(FunctionSpec.parse({ ...MINIMAL, scaling: {} }).scaling).toEqual(SCALING_DEFAULTS);
  });

  it('makes a configuration without code', ({ expect }) => {
    expect(Object.keys(FunctionSpec.omit({ code: true }).shape)).not.toContain('code');
  });
});

describe('functionNameOf', () => {
  const metadata = { name: 'hello' } as FunctionResource['metadata'];

  it('is metadata.name unless the spec names another', ({ expect }) => {
    const spec = FunctionSpec.parse(MINIMAL);
    expect(functionNameOf({ metadata, spec })).toBe('hello');
    expect(functionNameOf({ metadata, spec: { ...spec, functionName: 'Hello_1' } })).toBe(
      'Hello_1',
    );
  });
});
