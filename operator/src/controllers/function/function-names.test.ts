import { aFunction } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { FunctionNames } from './function-names.ts';

function wanting(functionName: string, name: string, year: number) {
  const creationTimestamp = `${year.toString()}-01-01T00:00:00Z`;
  return aFunction({ metadata: { name, creationTimestamp }, spec: { functionName } });
}

describe('FunctionNames', () => {
  it('finds the older object of the same function name', ({ expect }) => {
    const names = new FunctionNames();
    const [older, newer] = [wanting('hello', 'a', 2024), wanting('hello', 'b', 2025)];
    names.put(newer);
    names.put(older);

    expect(names.findOlder(newer)).toBe(older);
    expect(names.findOlder(older)).toBeUndefined();
  });

  it('decides by name between objects of the same second', ({ expect }) => {
    const names = new FunctionNames();
    const a = wanting('hello', 'a', 2024);
    const b = wanting('hello', 'b', 2024);
    const first = { ...a, metadata: { ...a.metadata, uid: 'later-uid' } };
    const second = { ...b, metadata: { ...b.metadata, uid: 'earlier-uid' } };
    names.put(first);
    names.put(second);

    expect(names.findOlder(second)).toBe(first);
    expect(names.findOlder(first)).toBeUndefined();
  });

  it('forgets a name that its object has given up', ({ expect }) => {
    const names = new FunctionNames();
    names.put(wanting('hello', 'a', 2024));
    names.put(wanting('other', 'a', 2024));

    expect(names.findOlder(wanting('hello', 'b', 2025))).toBeUndefined();
    expect(names.findOlder(wanting('other', 'b', 2025))?.metadata.name).toBe('a');
  });

  it('finds the object that has a name', ({ expect }) => {
    const names = new FunctionNames();
    names.put(wanting('hello', 'young', 2025));
    names.put(wanting('hello', 'old', 2024));
    expect(names.find('default/hello')?.metadata.name).toBe('old');
    expect(names.find('default/nobody')).toBeUndefined();
  });

  it('forgets an object that is gone', ({ expect }) => {
    const names = new FunctionNames();
    const fn = wanting('hello', 'a', 2024);
    let tell: (key: { namespace: string; name: string }, fn: undefined) => void = () => undefined;
    names.follow({
      list: () => [fn].values(),
      onChange: (listener) => {
        tell = listener;
        return () => true;
      },
    });
    expect(names.findOlder(wanting('hello', 'b', 2025))).toBe(fn);

    tell({ namespace: 'default', name: 'a' }, undefined);
    expect(names.findOlder(wanting('hello', 'b', 2025))).toBeUndefined();
  });
});
