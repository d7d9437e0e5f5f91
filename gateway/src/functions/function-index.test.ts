import { describe, it } from 'vitest';
import type { FunctionResource } from '@mayfly/api';
import { makeUrlId, type RevisionKey } from '@mayfly/core';
import { aServedFunction } from '../testing/served-function.ts';
import { anAlias, aVersion } from '../testing/qualified.ts';
import { FunctionIndex } from './function-index.ts';

function makeIndex() {
  const left: [string, string | undefined][] = [];
  const gone: string[] = [];
  const index = new FunctionIndex(
    (from: RevisionKey, to: RevisionKey | undefined) => {
      left.push([from.revision, to?.revision]);
    },
    (functionId, qualifier) => gone.push(`${functionId}:${qualifier}`),
  );
  const put = (fn: FunctionResource): void => {
    index.applyFunction(fn.metadata, fn);
  };
  return { index, left, gone, put };
}

describe('FunctionIndex', () => {
  it('finds functions by name and by url-id', ({ expect }) => {
    const { index, put } = makeIndex();
    put(aServedFunction({ name: 'obj', spec: { functionName: 'My_Fn' } }));
    expect(index.find('default', 'My_Fn')?.latest?.key.revision).toBe('r1');
    expect(index.find('default', 'obj')).toBeUndefined();
    expect(index.findByUrlId(makeUrlId('default', 'My_Fn'))?.fn.functionName).toBe('My_Fn');
  });

  it('forgets what is deleted, being deleted or renamed', ({ expect }) => {
    const { index, left, put } = makeIndex();
    const fn = aServedFunction();
    put(fn);
    index.applyFunction(fn.metadata, undefined);
    expect(index.find('default', 'hello')).toBeUndefined();
    put(fn);
    put({ ...fn, metadata: { ...fn.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } });
    expect(index.findByUrlId(makeUrlId('default', 'hello'))).toBeUndefined();
    put(fn);
    put({ ...fn, spec: { ...fn.spec, functionName: 'other' } });
    expect(index.find('default', 'hello')).toBeUndefined();
    expect(index.find('default', 'other')).toBeDefined();
    expect(left).toEqual(Array(3).fill(['r1', undefined]));
  });

  it('tells of a revision that is replaced, and of nothing else', ({ expect }) => {
    const { left, put } = makeIndex();
    put(aServedFunction());
    put(aServedFunction());
    put(aServedFunction({ revision: 'r2' }));
    expect(left).toEqual([['r1', 'r2']]);
  });

  it('gives a name to the oldest of those that claim it, then to the next', ({ expect }) => {
    const { index, put } = makeIndex();
    const young = aServedFunction({ name: 'young', spec: { functionName: 'x' }, revision: 'ry' });
    const old = aServedFunction({ name: 'old', spec: { functionName: 'x' }, revision: 'ro' });
    put({ ...young, metadata: { ...young.metadata, creationTimestamp: '2026-02-01T00:00:00Z' } });
    put(old);
    expect(index.find('default', 'x')?.latest?.key.revision).toBe('ro');
    index.applyFunction(old.metadata, undefined);
    expect(index.find('default', 'x')?.latest?.key.revision).toBe('ry');
  });

  it('finds versions by their number, the older of two objects with the same one', ({ expect }) => {
    const { index, left, put } = makeIndex();
    put(aServedFunction());
    const one = aVersion('one', { version: 1, revision: 'ra' });
    index.applyVersion(aVersion('unfilled').metadata, aVersion('unfilled'));
    index.applyVersion(one.metadata, one);
    const copy = aVersion('copy', {
      version: 1,
      revision: 'rb',
      creationTimestamp: '2026-02-01T00:00:00Z',
    });
    index.applyVersion(copy.metadata, copy);
    const fn = index.find('default', 'hello');
    expect(fn?.version('1')).toMatchObject({ version: '1', key: { revision: 'ra.1' } });
    expect(fn?.version('2')).toBeUndefined();
    index.applyVersion(one.metadata, undefined);
    expect(fn?.version('1')?.key.revision).toBe('rb.1');
    index.applyVersion(copy.metadata, undefined);
    expect(fn?.version('1')).toBeUndefined();
    expect(left).toEqual([
      ['ra.1', 'rb.1'],
      ['rb.1', undefined],
    ]);
  });

  it('tells of a version and an alias that are there no more', ({ expect }) => {
    const { index, gone } = makeIndex();
    const one = aVersion('one', { version: 1 });
    const copy = aVersion('copy', { version: 1, creationTimestamp: '2026-02-01T00:00:00Z' });
    for (const version of [one, copy]) index.applyVersion(version.metadata, version);
    const alias = anAlias({ functionVersion: '1' });
    for (const functionVersion of ['1', '2']) {
      index.applyAlias(alias.metadata, anAlias({ functionVersion }));
    }
    index.applyVersion(one.metadata, undefined);
    expect(gone).toEqual([]);
    index.applyVersion(copy.metadata, undefined);
    index.applyAlias(alias.metadata, undefined);
    expect(gone).toEqual(['default/hello:1', 'default/hello:live']);
  });

  it('tells that the versions of a function go with it', ({ expect }) => {
    const { index, left, put } = makeIndex();
    put(aServedFunction());
    const one = aVersion('one', { version: 1, revision: 'ra' });
    index.applyVersion(one.metadata, one);
    index.applyFunction(aServedFunction().metadata, undefined);
    expect(left).toEqual([
      ['r1', undefined],
      ['ra.1', undefined],
    ]);
  });

  it('follows what was found good of an alias, not what is asked for', ({ expect }) => {
    const { index, put } = makeIndex();
    put(aServedFunction());
    const alias = anAlias({ functionVersion: '1' });
    index.applyAlias(alias.metadata, { ...alias, status: { conditions: [] } });
    const fn = index.find('default', 'hello');
    expect(fn?.alias('live')).toBeUndefined();
    index.applyAlias(alias.metadata, alias);
    expect(fn?.alias('live')).toMatchObject({ functionVersion: '1' });
    const routing = {
      functionVersion: '1',
      additionalVersion: { version: '2', weight: 0.1 },
    };
    index.applyAlias(alias.metadata, anAlias(routing));
    expect(fn?.alias('live')).toMatchObject(routing);
    index.applyAlias(alias.metadata, undefined);
    expect(fn?.alias('live')).toBeUndefined();
  });

  it('gives an alias a URL of its own', ({ expect }) => {
    const { index, put } = makeIndex();
    put(aServedFunction());
    const url = { authType: 'NONE', invokeMode: 'BUFFERED' } as const;
    const alias = anAlias({ functionVersion: '1', url });
    index.applyAlias(alias.metadata, alias);
    const found = index.findByUrlId(makeUrlId('default', 'hello', 'live'));
    expect(found).toMatchObject({ qualifier: 'live', fn: { functionName: 'hello' } });
    expect(found?.fn.urlOf('live')).toEqual(url);
    expect(found?.fn.urlOf(undefined)).toBeUndefined();
    index.applyAlias(alias.metadata, undefined);
    expect(index.findByUrlId(makeUrlId('default', 'hello', 'live'))).toBeUndefined();
  });
});
