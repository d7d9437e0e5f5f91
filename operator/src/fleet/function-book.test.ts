import type { FunctionResource, VersionResource } from '@mayfly/api';
import type { ObjectKey } from '@mayfly/core';
import {
  aFunction,
  anActiveFunction,
  aPublishedVersion,
  aServedRevision,
  aVersion,
} from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { FunctionBook } from './function-book.ts';

const ID = 'default/hello';

/** An informer whose news the test tells. */
class Source<T extends { readonly metadata: ObjectKey }> {
  readonly #objects: readonly T[];
  #listener: (key: ObjectKey, object: T | undefined) => void = () => undefined;

  constructor(objects: readonly T[]) {
    this.#objects = objects;
  }

  list(): IterableIterator<T> {
    return this.#objects.values();
  }

  onChange(listener: (key: ObjectKey, object: T | undefined) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = () => undefined;
    };
  }

  put(object: T): void {
    this.#listener(object.metadata, object);
  }

  remove(object: T): void {
    this.#listener(object.metadata, undefined);
  }
}

function makeBook(
  ofFunctions: readonly FunctionResource[] = [anActiveFunction()],
  ofVersions: readonly VersionResource[] = [],
) {
  const functions = new Source(ofFunctions);
  const versions = new Source(ofVersions);
  const changed: string[] = [];
  const book = new FunctionBook(300);
  const stop = book.follow({ functions, versions }, (id) => changed.push(id));
  const served = (id = ID): readonly string[] => [...(book.get(id)?.revisions.keys() ?? [])].sort();
  return { book, functions, versions, changed, served, stop };
}

describe('FunctionBook', () => {
  it('has $LATEST and the versions that are filled', ({ expect }) => {
    const { book, served } = makeBook([anActiveFunction()], [aPublishedVersion(2), aVersion()]);
    expect(served()).toEqual(['revision-1', 'revision-2.2']);
    expect(book.findVersion(ID, '$LATEST')?.revision).toBe('revision-1');
    expect(book.findVersion(ID, '2')?.owner).toEqual({ name: 'hello', uid: 'uid-of-hello' });
    expect(book.findVersion(ID, '1')).toBeUndefined();
    expect(book.find({ ...anId(), revision: 'revision-2.2' })?.version).toBe('2');
  });

  it('takes a version in when it is filled, and lets it go when it is gone', ({ expect }) => {
    const { book, versions, changed, served } = makeBook([anActiveFunction()], [aVersion()]);
    const { metadata } = aVersion();
    versions.put(aPublishedVersion(1, aServedRevision('r'), metadata));
    expect(served()).toEqual(['r.1', 'revision-1']);
    expect(changed).toEqual([ID]);
    versions.remove(aVersion());
    expect(book.findVersion(ID, '1')).toBeUndefined();
    expect(served()).toEqual(['revision-1']);
    expect(changed).toEqual([ID, ID]);
  });

  it('tells nobody of the status of a version', ({ expect }) => {
    const { book, versions, changed } = makeBook([anActiveFunction()], [aPublishedVersion(1)]);
    const before = book.get(ID);
    versions.put({ ...aPublishedVersion(1), status: { conditions: [], version: '1' } });
    expect(changed).toEqual([]);
    expect(book.get(ID)).toBe(before);
  });

  it('gives a number to the older of two objects, and to the other one after it', ({ expect }) => {
    const older = aPublishedVersion(1, aServedRevision('older'), { name: 'z' });
    const creationTimestamp = '2027-01-01T00:00:00Z';
    const younger = aPublishedVersion(1, aServedRevision('younger'), {
      name: 'a',
      creationTimestamp,
    });
    for (const both of [
      [older, younger],
      [younger, older],
    ]) {
      const { book, versions, served } = makeBook([anActiveFunction()], both);
      expect(book.findVersion(ID, '1')?.revision).toBe('older.1');
      expect(served()).toEqual(['older.1', 'revision-1']);
      versions.remove(older);
      expect(served()).toEqual(['revision-1', 'younger.1']);
    }
  });

  it('moves a version that was made again for another function, unseen in between', ({
    expect,
  }) => {
    const other = anActiveFunction(aServedRevision('o'), { metadata: { name: 'other' } });
    const { versions, changed, served } = makeBook(
      [anActiveFunction(), other],
      [aPublishedVersion(1)],
    );
    const { metadata, spec } = aPublishedVersion(1);
    versions.put({
      ...aPublishedVersion(1),
      metadata: { ...metadata, uid: 'another' },
      spec: { ...spec, functionName: 'other' },
    });
    expect(changed).toEqual([ID, 'default/other']);
    expect(served()).toEqual(['revision-1']);
    expect(served('default/other')).toEqual(['o', 'revision-1.1']);
  });

  it('forgets a function that is being deleted, and knows its versions when it is made again', ({
    expect,
  }) => {
    const { book, functions, changed, served } = makeBook(
      [anActiveFunction()],
      [aPublishedVersion(1)],
    );
    const deletionTimestamp = '2026-01-02T00:00:00Z';
    functions.put(anActiveFunction(aServedRevision(), { metadata: { deletionTimestamp } }));
    expect(book.get(ID)).toBeUndefined();
    functions.remove(anActiveFunction());
    expect(changed).toEqual([ID]);
    functions.put(aFunction({ metadata: { uid: 'again' } }));
    expect(changed).toEqual([ID]);
    functions.put(anActiveFunction(aServedRevision('new'), { metadata: { uid: 'again' } }));
    expect(served()).toEqual(['new', 'revision-1.1']);
    expect(book.findVersion(ID, '1')?.owner.uid).toBe('again');
  });

  it('forgets the function that an object was before', ({ expect }) => {
    const { book, functions, changed } = makeBook();
    const spec = { functionName: 'renamed' };
    functions.put(anActiveFunction(aServedRevision(), { metadata: { uid: 'another' }, spec }));
    expect(changed).toEqual([ID, 'default/renamed']);
    expect([...book.limits().keys()]).toEqual(['default/renamed']);
  });

  it('names what is provisioned of versions that are served', ({ expect }) => {
    const { book } = makeBook([anActiveFunction()], [aPublishedVersion(1)]);
    const counts = new Map([
      ['1', 2],
      ['7', 1],
    ]);
    book.setProvisioned(ID, counts);
    expect(book.provisions()).toEqual([{ key: { ...anId(), revision: 'revision-1.1' }, count: 2 }]);
    book.setProvisioned(ID, new Map());
    expect(book.provisions()).toEqual([]);
    expect(book.provisionedOf(ID).size).toBe(0);
  });

  it('hears nothing any more when it stops', ({ expect }) => {
    const { functions, changed, stop } = makeBook();
    stop();
    functions.remove(anActiveFunction());
    expect(changed).toEqual([]);
  });
});

function anId() {
  return { namespace: 'default', functionName: 'hello' };
}
