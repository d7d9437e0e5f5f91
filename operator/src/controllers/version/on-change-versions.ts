import type { FunctionResource } from '@mayfly/api';
import {
  currentRevisionOf,
  findHighestNumber,
  findLastPublished,
  isStoreError,
  listPublished,
  pickRetiredVersions,
  type PublishedVersion,
  type ResourceStore,
  type VersionNumbers,
} from '@mayfly/core';
import { LABELS, makePublishedVersion, PUBLISHED_ON_CHANGE } from '@mayfly/manifests';
import { toFunctionId, toVersionedFunction } from '../../fleet/by-function.ts';
import { VERSION_FINALIZER } from './controller.ts';
import type { KeyedTurns } from './keyed-turns.ts';
import type { ReleaseBook } from './release-book.ts';

/** What publishing needs. */
export interface OnChangeVersionsDeps {
  readonly store: Pick<ResourceStore, 'create' | 'delete'>;
  readonly numbers: VersionNumbers;
  readonly book: Pick<ReleaseBook, 'facts' | 'note'>;
  readonly turns: KeyedTurns;
}

/** The Versions that Functions with `publish: OnChange` make: they are published, retired and deleted here. */
export class OnChangeVersions {
  readonly #deps: OnChangeVersionsDeps;

  constructor(deps: OnChangeVersionsDeps) {
    this.#deps = deps;
  }

  /** Highest number that a version of the function has had; undefined: it never had one. */
  latestNumber(fn: FunctionResource): string | undefined {
    const { versions } = this.#deps.book.facts(toVersionedFunction(fn));
    const highest = findHighestNumber({ fn, versions });
    return highest === 0 ? undefined : highest.toString();
  }

  /** Publishes what is served now if that is new, and deletes the versions that are over the limit. */
  async follow(fn: FunctionResource, signal: AbortSignal): Promise<void> {
    if (fn.spec.publish !== 'OnChange' && fn.spec.versionHistoryLimit === undefined) return;
    await this.#deps.turns.run(toFunctionId(fn), async () => {
      if (fn.spec.publish === 'OnChange') await this.#publish(fn, signal);
      const { versions, aliases } = this.#deps.book.facts(toVersionedFunction(fn));
      const limit = fn.spec.versionHistoryLimit;
      const own = listOwn(fn, listPublished(versions));
      await this.#delete(pickRetiredVersions({ versions: own, limit, aliases }), signal);
    });
  }

  /** Deletes those of a Function that goes: not everywhere does a garbage collector do it. */
  async deleteAll(fn: FunctionResource, signal: AbortSignal): Promise<void> {
    const { versions } = this.#deps.book.facts(toVersionedFunction(fn));
    await this.#delete(listOwn(fn, listPublished(versions)), signal);
  }

  async #publish(fn: FunctionResource, signal: AbortSignal): Promise<void> {
    const { store, numbers, book } = this.#deps;
    const key = toVersionedFunction(fn);
    const snapshot = currentRevisionOf(fn);
    const { versions } = book.facts(key);
    if (snapshot === undefined) return;
    if (findLastPublished(versions)?.snapshot.revision === snapshot.revision) return;
    const number = await numbers.next(key, findHighestNumber({ fn, versions }), signal);
    const version = makePublishedVersion(fn, { number, snapshot }, [VERSION_FINALIZER]);
    book.note(await store.create<'Version'>(version, signal));
  }

  async #delete(versions: readonly PublishedVersion[], signal: AbortSignal): Promise<void> {
    for (const { object } of versions) {
      if (object.metadata.deletionTimestamp !== undefined) continue;
      try {
        await this.#deps.store.delete('Version', object.metadata, signal);
      } catch (error) {
        // Somebody else was faster.
        if (!isStoreError(error, 'NotFound')) throw error;
      }
    }
  }
}

/** Those that this very object has published. */
function listOwn(
  { metadata }: FunctionResource,
  versions: readonly PublishedVersion[],
): readonly PublishedVersion[] {
  return versions.filter(
    ({ object: { metadata: of } }) =>
      of.labels?.[LABELS.publishedBy] === PUBLISHED_ON_CHANGE &&
      of.ownerReferences?.some(({ uid }) => uid === metadata.uid),
  );
}
