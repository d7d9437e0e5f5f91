import fc from 'fast-check';
import { describe, it } from 'vitest';
import { CONTRACT } from './contract.ts';
import { matchOperation, toRouteError } from './match-operation.ts';

describe('matchOperation', () => {
  it('finds every operation of the contract at its own path', ({ expect }) => {
    const operations = Object.entries(CONTRACT.operations);
    expect(operations.length).toBeGreaterThan(80);
    for (const [operation, { method, path }] of operations) {
      const target = path.replaceAll(/\{(\w+)\+?\}/g, '$1');
      const labels = [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, label]) => label);
      expect.soft(matchOperation(method, target)).toEqual({
        kind: 'matched',
        operation,
        pathParameters: Object.fromEntries(labels.map((label) => [label, label])),
      });
    }
  });

  it.for([
    'arn:aws:lambda:eu-west-1:123456789012:function:hello:live',
    'hello',
    'a/b?c&d=%',
    'größe 🦋',
  ])('decodes the label %s', (functionName, { expect }) => {
    const target = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations?Qualifier=1`;
    expect(matchOperation('POST', target)).toEqual({
      kind: 'matched',
      operation: 'Invoke',
      pathParameters: { FunctionName: functionName },
    });
  });

  it('takes colons of an ARN as they are', ({ expect }) => {
    const target = '/2015-03-31/functions/123456789012:function:hello/configuration';
    expect(matchOperation('GET', target)).toMatchObject({
      operation: 'GetFunctionConfiguration',
      pathParameters: { FunctionName: '123456789012:function:hello' },
    });
  });

  it('leaves what is no percent-encoding as it is', ({ expect }) => {
    expect(matchOperation('GET', '/2015-03-31/functions/100%zz')).toMatchObject({
      operation: 'GetFunction',
      pathParameters: { FunctionName: '100%zz' },
    });
  });

  it('overlooks a slash at the end', ({ expect }) => {
    expect(matchOperation('GET', '/2015-03-31/functions/')).toMatchObject({
      operation: 'ListFunctions',
    });
  });

  it('tells operations at one path apart by their query', ({ expect }) => {
    const path = '/2019-09-30/functions/hello/provisioned-concurrency';
    expect(matchOperation('GET', path)).toMatchObject({
      operation: 'GetProvisionedConcurrencyConfig',
    });
    expect(matchOperation('GET', `${path}?List=ALL&MaxItems=1`)).toMatchObject({
      operation: 'ListProvisionedConcurrencyConfigs',
    });
    const layers = '/2018-10-31/layers';
    expect(matchOperation('GET', layers)).toMatchObject({ operation: 'ListLayers' });
    expect(matchOperation('GET', `${layers}?find=LayerVersion&Arn=a`)).toMatchObject({
      operation: 'GetLayerVersionByArn',
    });
  });

  it('tells operations of several API dates apart', ({ expect }) => {
    const matches = ['2017-10-31', '2019-09-30'].map((date) =>
      matchOperation(date === '2017-10-31' ? 'PUT' : 'GET', `/${date}/functions/f/concurrency`),
    );
    expect(matches).toMatchObject([
      { operation: 'PutFunctionConcurrency' },
      { operation: 'GetFunctionConcurrency' },
    ]);
    expect(matchOperation('GET', '/2015-03-31/functions/f/concurrency').kind).toBe('unknown');
  });

  it('names the methods of a path that is asked with another one', ({ expect }) => {
    expect(matchOperation('PATCH', '/2015-03-31/functions/hello')).toEqual({
      kind: 'methodNotAllowed',
      allowed: ['DELETE', 'GET'],
    });
  });

  it.for(['', '/', '*', '/2015-03-31', '/2015-03-31/functions//invocations', '/__proto__'])(
    'knows nothing at %j',
    (target, { expect }) => {
      expect(matchOperation('POST', target)).toEqual({ kind: 'unknown' });
    },
  );

  it.for([
    ['PATCH', 405, 'PATCH is no method of /2015-03-31/functions/f. There is DELETE, GET.'],
    ['OPTIONS', 405, 'OPTIONS is no method of /2015-03-31/functions/f. There is DELETE, GET.'],
  ] as const)('has an error for %s', ([method, statusCode, message], { expect }) => {
    const target = '/2015-03-31/functions/f?token=secret';
    const match = matchOperation(method, target);
    if (match.kind === 'matched') throw new Error('an operation was found');
    expect(toRouteError({ method, target }, match)).toMatchObject({ statusCode, message });
  });

  it('has an error for a path that it does not know', ({ expect }) => {
    const request = { method: 'GET', target: '/2099-01-01/functions?token=secret' };
    expect(toRouteError(request, { kind: 'unknown' })).toMatchObject({
      statusCode: 404,
      code: 'UnknownOperationException',
      message: 'There is no operation at GET /2099-01-01/functions.',
    });
  });

  it('throws for no target', ({ expect }) => {
    const segment = fc.oneof(
      fc.string(),
      fc.constantFrom('2015-03-31', 'functions', '%', '%41', '?', '&List=ALL', ''),
    );
    const target = fc.array(segment).map((segments) => `/${segments.join('/')}`);
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'PUT', 'X'), target, (method, text) => {
        expect(['matched', 'methodNotAllowed', 'unknown']).toContain(
          matchOperation(method, text).kind,
        );
      }),
    );
  });
});
