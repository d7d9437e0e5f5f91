import { describe, it } from 'vitest';
import type { FunctionResource } from '@mayfly/api';
import { makeUrlId, type RevisionKey } from '@mayfly/core';
import { aServedFunction } from '../testing/served-function.ts';
import { FunctionIndex } from './function-index.ts';

function makeIndex() {
  const left: [string, string | undefined][] = [];
  const index = new FunctionIndex((from: RevisionKey, to: RevisionKey | undefined) => {
    left.push([from.revision, to?.revision]);
  });
  const put = (fn: FunctionResource): void => {
    index.apply(fn.metadata, fn);
  };
  return { index, left, put };
}

describe('FunctionIndex', () => {
  it('finds functions by name and by url-id', ({ expect }) => {
    const { index, put } = makeIndex();
    put(aServedFunction({ name: 'obj', spec: { functionName: 'My_Fn' } }));
    expect(index.find('default', 'My_Fn')?.latest?.key.revision).toBe('r1');
    expect(index.find('default', 'obj')).toBeUndefined();
    expect(index.findByUrlId(makeUrlId('default', 'My_Fn'))?.functionName).toBe('My_Fn');
  });

  it('forgets what is deleted, being deleted or renamed', ({ expect }) => {
    const { index, left, put } = makeIndex();
    const fn = aServedFunction();
    put(fn);
    index.apply(fn.metadata, undefined);
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
    index.apply(old.metadata, undefined);
    expect(index.find('default', 'x')?.latest?.key.revision).toBe('ry');
  });
});
