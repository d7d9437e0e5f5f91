import { describe, it } from 'vitest';
import { toNamedFunction } from './named-function.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

describe('the function that a request is about', () => {
  it.for([
    [{ FunctionName: 'hello' }, {}, { functionName: 'hello', qualifier: undefined }],
    [{ FunctionName: 'hello:live' }, {}, { functionName: 'hello', qualifier: 'live' }],
    [{ FunctionName: ARN }, { Qualifier: '1' }, { functionName: 'hello', qualifier: '1' }],
    [{ FunctionName: 'hello' }, { Qualifier: '' }, { functionName: 'hello', qualifier: undefined }],
    [{ Resource: ARN }, {}, { functionName: 'hello', qualifier: undefined }],
    [{ ResourceArn: `${ARN}:live` }, {}, { functionName: 'hello', qualifier: 'live' }],
  ] as const)('of %o and %o is %o', ([path, query, named], { expect }) => {
    expect(toNamedFunction('default', path, query)).toMatchObject({
      namespace: 'default',
      ...named,
    });
  });

  it.for([
    [{}, {}],
    [{ FunctionName: 'a b' }, {}],
    [{ FunctionName: 'hello:live' }, { Qualifier: '1' }],
    [{ FunctionName: 'hello' }, { Qualifier: ['1', '2'] }],
    [{ Resource: 'arn:aws:lambda:us-east-1:000000000000:event-source-mapping:1' }, {}],
  ] as const)('of %o and %o is none', ([path, query], { expect }) => {
    expect(toNamedFunction('default', path, query)).toBeUndefined();
  });
});
