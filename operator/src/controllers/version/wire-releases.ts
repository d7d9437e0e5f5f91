import type { AliasResource, FunctionResource, VersionResource } from '@mayfly/api';
import {
  objectIdOf,
  type Informer,
  type Kind,
  type ObjectKey,
  type ResourceKinds,
  type VersionedFunction,
} from '@mayfly/core';
import { toVersionedFunction } from '../../fleet/by-function.ts';
import type { ReleaseBook } from './release-book.ts';

/** Looks at an object again. */
type Enqueue = (key: ObjectKey) => void;

/** What is watched, and who looks again. */
export interface ReleaseWiring {
  readonly book: Pick<ReleaseBook, 'facts'>;
  readonly informers: {
    readonly functions: Pick<Informer<'Function'>, 'list' | 'onChange'>;
    readonly versions: Pick<Informer<'Version'>, 'list' | 'onChange'>;
    readonly aliases: Pick<Informer<'Alias'>, 'list' | 'onChange'>;
  };
  readonly enqueue: {
    readonly fn: Enqueue;
    readonly version: Enqueue;
    readonly alias: Enqueue;
    /** Whatever names this function or something of it. */
    readonly dependants: (fn: VersionedFunction) => void;
  };
}

/**
 * Has Functions, Versions and Aliases looked at again when another one changes that they are judged by. Most changes
 * are of no interest to others: of counts, of conditions.
 */
export function wireReleases({ book, informers, enqueue }: ReleaseWiring): void {
  const lookAtAll = (objects: readonly { readonly metadata: ObjectKey }[], look: Enqueue): void => {
    for (const { metadata } of objects) look(metadata);
  };
  onNews(informers.functions, fingerprintFunction, (fn) => {
    const { versions, aliases } = book.facts(toVersionedFunction(fn));
    lookAtAll(versions.filter(isUnsettled), enqueue.version);
    lookAtAll(aliases, enqueue.alias);
  });
  // Published ones know nothing of it but whether it is there.
  onNews(informers.functions, fingerprintPresence, (fn) => {
    lookAtAll(book.facts(toVersionedFunction(fn)).versions, enqueue.version);
    enqueue.dependants(toVersionedFunction(fn));
  });
  onNews(informers.versions, fingerprintVersion, (version) => {
    const { fn, versions, aliases } = book.facts(toVersionedFunction(version));
    if (fn !== undefined) enqueue.fn(fn.metadata);
    enqueue.dependants(toVersionedFunction(version));
    const number = version.spec.version;
    const others = versions.filter((other) => isUnsettled(other) || other.spec.version === number);
    lookAtAll(others, enqueue.version);
    lookAtAll(aliases, enqueue.alias);
  });
  onNews(informers.aliases, fingerprintAlias, (alias) => {
    enqueue.dependants(toVersionedFunction(alias));
    const { fn, versions, aliases } = book.facts(toVersionedFunction(alias));
    if (fn?.spec.versionHistoryLimit !== undefined) enqueue.fn(fn.metadata);
    const going = versions.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    lookAtAll(going, enqueue.version);
    const namesakes = aliases.filter(({ spec }) => spec.name === alias.spec.name);
    lookAtAll(namesakes, enqueue.alias);
  });
}

/** Not published, or about to go. */
function isUnsettled({ metadata, spec }: VersionResource): boolean {
  return spec.version === undefined || metadata.deletionTimestamp !== undefined;
}

function fingerprintPresence({ metadata }: FunctionResource): unknown {
  return [metadata.uid, metadata.deletionTimestamp];
}

function fingerprintFunction({ metadata, status }: FunctionResource): unknown {
  const { uid, generation, deletionTimestamp } = metadata;
  const { observedGeneration, state, lastUpdateStatus, revisionId, served } = status ?? {};
  return [
    [uid, generation, deletionTimestamp],
    [observedGeneration, state, lastUpdateStatus, revisionId, served?.revision],
  ];
}

function fingerprintVersion({ metadata, spec }: VersionResource): unknown {
  return [metadata.uid, metadata.deletionTimestamp, spec.version, spec.provisionedConcurrency];
}

function fingerprintAlias({ metadata, spec, status }: AliasResource): unknown {
  return [metadata.uid, metadata.generation, spec.name, status?.routing, status?.rollout?.phase];
}

/** Calls back with an object when it comes, goes, or what matters of it changes. */
function onNews<K extends Kind>(
  informer: Pick<Informer<K>, 'list' | 'onChange'>,
  fingerprint: (object: ResourceKinds[K]) => unknown,
  listener: (object: ResourceKinds[K]) => void,
): void {
  const known = new Map<string, { readonly text: string; readonly object: ResourceKinds[K] }>();
  for (const object of informer.list()) {
    known.set(objectIdOf(object.metadata), { text: JSON.stringify(fingerprint(object)), object });
  }
  informer.onChange((key, object) => {
    const id = objectIdOf(key);
    const before = known.get(id);
    if (object === undefined) {
      known.delete(id);
      if (before !== undefined) listener(before.object);
      return;
    }
    const text = JSON.stringify(fingerprint(object));
    known.set(id, { text, object });
    if (before?.text !== text) listener(object);
  });
}
