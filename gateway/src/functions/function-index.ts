import { functionNameOf, type FunctionResource } from '@mayfly/api';
import {
  holdsNameBefore,
  makeUrlId,
  type ObjectKey,
  type RevisionKey,
  type RoutableFunction,
  type RoutableVersion,
} from '@mayfly/core';
import { LATEST } from '@mayfly/lambda-api';

/** What the gateway knows of one function. */
export interface IndexedFunction extends RoutableFunction {
  readonly namespace: string;
  readonly functionName: string;
  /** Function URL of the function; undefined when it has none. */
  readonly url: FunctionResource['spec']['url'];
}

/** Told when a revision is no longer served: `to` is what took its place, undefined when the function is gone. */
export type RevisionListener = (from: RevisionKey, to: RevisionKey | undefined) => void;

/** The Functions by the names that requests use. Fed by an informer. */
export class FunctionIndex {
  readonly #byName = new Map<string, IndexedFunction>();
  readonly #byUrlId = new Map<string, IndexedFunction>();
  /** All objects that claim a name; the oldest has it. */
  readonly #claims = new Map<string, Map<string, FunctionResource>>();
  readonly #nameOfObject = new Map<string, string>();
  readonly #onRevisionLeft: RevisionListener;

  constructor(onRevisionLeft: RevisionListener) {
    this.#onRevisionLeft = onRevisionLeft;
  }

  find(namespace: string, functionName: string): IndexedFunction | undefined {
    return this.#byName.get(`${namespace}/${functionName}`);
  }

  findByUrlId(urlId: string): IndexedFunction | undefined {
    return this.#byUrlId.get(urlId);
  }

  /** Takes in one change of one object; undefined: it is gone. */
  apply(key: ObjectKey, object: FunctionResource | undefined): void {
    const objectId = `${key.namespace}/${key.name}`;
    const oldName = this.#nameOfObject.get(objectId);
    // What is being deleted is invoked no more, whatever its finalizers still wait for.
    const isLive = object !== undefined && object.metadata.deletionTimestamp === undefined;
    const newName = isLive ? `${key.namespace}/${functionNameOf(object)}` : undefined;
    if (oldName !== undefined && oldName !== newName) {
      this.#claims.get(oldName)?.delete(objectId);
      this.#nameOfObject.delete(objectId);
      this.#refresh(oldName);
    }
    if (!isLive || newName === undefined) return;
    const claims = this.#claims.get(newName) ?? new Map<string, FunctionResource>();
    this.#claims.set(newName, claims.set(objectId, object));
    this.#nameOfObject.set(objectId, newName);
    this.#refresh(newName);
  }

  #refresh(name: string): void {
    const claims = this.#claims.get(name);
    if (claims?.size === 0) this.#claims.delete(name);
    const owner = oldestOf(claims?.values() ?? []);
    const before = this.#byName.get(name);
    const after = owner === undefined ? undefined : toIndexedFunction(owner);
    this.#replace(name, before, after);
    this.#tellOfRevision(before?.latest?.key, after?.latest?.key);
  }

  #tellOfRevision(from: RevisionKey | undefined, to: RevisionKey | undefined): void {
    if (from !== undefined && from.revision !== to?.revision) this.#onRevisionLeft(from, to);
  }

  #replace(
    name: string,
    before: IndexedFunction | undefined,
    after: IndexedFunction | undefined,
  ): void {
    if (after === undefined) {
      this.#byName.delete(name);
      if (before !== undefined) this.#byUrlId.delete(urlIdOf(before));
    } else {
      this.#byName.set(name, after);
      this.#byUrlId.set(urlIdOf(after), after);
    }
  }
}

function urlIdOf(fn: IndexedFunction): string {
  return makeUrlId(fn.namespace, fn.functionName);
}

function oldestOf(objects: Iterable<FunctionResource>): FunctionResource | undefined {
  let oldest: FunctionResource | undefined;
  for (const object of objects) {
    if (oldest === undefined || holdsNameBefore(object.metadata, oldest.metadata)) oldest = object;
  }
  return oldest;
}

function toIndexedFunction(object: FunctionResource): IndexedFunction {
  const { namespace } = object.metadata;
  const functionName = functionNameOf(object);
  return {
    namespace,
    functionName,
    url: object.spec.url,
    latest: toLatest(object, functionName),
    state: object.status?.state,
    stateReason: object.status?.stateReason,
    // Versions and aliases are not served yet: nothing has one.
    version: () => undefined,
    alias: () => undefined,
  };
}

function toLatest(object: FunctionResource, functionName: string): RoutableVersion | undefined {
  const served = object.status?.served;
  if (served === undefined) return undefined;
  return {
    key: { namespace: object.metadata.namespace, functionName, revision: served.revision },
    version: LATEST,
    configuration: served.configuration,
  };
}
