import { aFunction } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { applySettings, fromCreateFunctionRequest } from './function-spec.ts';

const CODE = { zip: { store: 'x'.repeat(43) } };
const REQUEST = {
  FunctionName: 'hello',
  Role: 'arn:aws:iam::000000000000:role/r',
  Runtime: 'nodejs24.x',
  Handler: 'index.handler',
  Code: {},
} as const;

describe('the spec of a new function', () => {
  it('says what the request says, and leaves the rest to defaults', ({ expect }) => {
    expect(fromCreateFunctionRequest(REQUEST, 'hello', CODE)).toEqual({
      functionName: 'hello',
      packageType: 'Zip',
      role: REQUEST.Role,
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      code: CODE,
    });
  });

  it.for([
    [{ ...REQUEST, PackageType: 'Image' }, /Please don't provide Handler or Runtime or Layer/],
    [{ ...REQUEST, Code: { ImageUri: 'a/b' } }, /Please don't provide ImageUri/],
    [{ ...REQUEST, Handler: undefined }, /Runtime and Handler are mandatory parameters/],
    [{ ...REQUEST, ImageConfig: { Command: ['x'] } }, /ImageConfig is not supported/],
  ] as const)('is refused for packages that do not fit: %o', ([request, message], { expect }) => {
    expect(() => fromCreateFunctionRequest(request, 'hello', CODE)).toThrow(message);
  });
});

describe('a change of settings', () => {
  const { spec } = aFunction();

  it('leaves what it does not name', ({ expect }) => {
    expect(applySettings(spec, { Timeout: 9 })).toEqual({ ...spec, timeout: 9 });
  });

  it('replaces variables, and keeps where others come from', ({ expect }) => {
    const from = [{ secretRef: { name: 's' } }] as never;
    const before = { ...spec, environment: { variables: { OLD: '1' }, from } };
    const { environment } = applySettings(before, { Environment: { Variables: { NEW: '2' } } });
    expect(environment).toEqual({ variables: { NEW: '2' }, from });
  });

  it('takes variables back when it names none, but not where others come from', ({ expect }) => {
    const from = [{ secretRef: { name: 's' } }] as never;
    const none = { Environment: { Variables: {} } };
    const before = { ...spec, environment: { variables: { OLD: '1' } } };
    expect(applySettings(before, none)).not.toHaveProperty('environment');
    expect(applySettings(before, { Environment: {} })).not.toHaveProperty('environment');
    const kept = { ...spec, environment: { variables: { OLD: '1' }, from } };
    expect(applySettings(kept, none).environment).toEqual({ variables: {}, from });
  });

  it('begins JSON logs with the levels it names, and drops them with Text', ({ expect }) => {
    const json = applySettings(spec, {
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'DEBUG' },
    });
    expect(json.loggingConfig).toEqual({ logFormat: 'JSON', applicationLogLevel: 'DEBUG' });
    const both = applySettings(json, { LoggingConfig: { SystemLogLevel: 'WARN' } });
    expect(both.loggingConfig).toMatchObject({
      applicationLogLevel: 'DEBUG',
      systemLogLevel: 'WARN',
    });
    const text = applySettings(both, { LoggingConfig: { LogFormat: 'Text' } });
    expect(text.loggingConfig).toEqual({ logFormat: 'Text' });
    expect(() => applySettings(text, { LoggingConfig: { SystemLogLevel: 'WARN' } })).toThrow(
      /set LogFormat to JSON/,
    );
  });
});
