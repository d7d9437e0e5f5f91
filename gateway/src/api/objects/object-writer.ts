import {
  isStoreError,
  type Kind,
  type NewObject,
  type ObjectKey,
  type ResourceKinds,
  type ResourceStore,
} from '@mayfly/core';
import type { FunctionResource } from '@mayfly/api';
import { type LambdaError } from '@mayfly/lambda-api';
import type { Informers } from '../../functions/watch-objects.ts';
import { isUpdating } from '../mapping/function-configuration.ts';
import {
  isSeen,
  type SeenObject,
  type Sighting,
  type Sightings,
} from '../../functions/sightings.ts';
import { invalid } from '../invalid.ts';

/** What writing needs. */
export interface ObjectWriterDeps {
  readonly store: Pick<ResourceStore, 'get' | 'create' | 'update' | 'delete'>;
  readonly informers: Informers;
  readonly sightings: Sightings;
  /** Resolves when the other gateways have seen it, or have not said so in time. Never rejects. */
  readonly awaitOthers: (sighting: Sighting) => Promise<void>;
}

/** How long a write waits for the operator's word; after that it is answered all the same. */
const SETTLE_TIMEOUT_MS = 2000;
/** Others change the object too: the operator its finalizers, users by kubectl. */
const MAX_ATTEMPTS = 8;

/**
 * Writes the objects that the Lambda API asks for. A write is over when the operator has judged it and every gateway
 * has heard of it: what is asked next, wherever it is asked, finds it. If one of them is away, after two seconds.
 */
export class ObjectWriter {
  readonly #deps: ObjectWriterDeps;

  constructor(deps: ObjectWriterDeps) {
    this.#deps = deps;
  }

  /**
   * Makes an object. What is answered is what was written.
   * @throws LambdaError `InvalidParameterValueException` when the store finds something wrong with it
   * @throws StoreError `AlreadyExists`
   */
  async create<K extends Kind>(
    object: NewObject & { kind: K },
    signal: AbortSignal,
  ): Promise<ResourceKinds[K]> {
    const created = await this.#deps.store.create<K>(object, signal).catch(toParameterError);
    await this.#settle(created);
    return created;
  }

  /**
   * Changes an object; `change` is asked again when somebody else was faster, so that what it refuses is refused of
   * the newest state. What is answered is what was written.
   * @throws LambdaError what `change` throws, and `InvalidParameterValueException` when the store finds something wrong
   */
  async change<K extends Kind>(
    kind: K,
    { key, notFound }: { readonly key: ObjectKey; readonly notFound: () => LambdaError },
    {
      change,
      signal,
    }: {
      readonly change: (object: ResourceKinds[K]) => ResourceKinds[K];
      readonly signal: AbortSignal;
    },
  ): Promise<ResourceKinds[K]> {
    for (let attempt = 1; ; attempt += 1) {
      const current = await this.#deps.store.get(kind, key, signal);
      if (current?.metadata.deletionTimestamp !== undefined || current === undefined) {
        throw notFound();
      }
      try {
        const written = await this.#deps.store.update<K>(change(current), signal);
        await this.#settle(written);
        return written;
      } catch (error) {
        if (isStoreError(error, 'NotFound')) throw notFound();
        if (!isStoreError(error, 'Conflict') || attempt === MAX_ATTEMPTS) {
          return toParameterError(error);
        }
      }
    }
  }

  /** Deletes an object; that it is gone already is as good. */
  async delete(object: ResourceKinds[Kind], signal: AbortSignal): Promise<void> {
    const { kind, metadata } = object;
    try {
      await this.#deps.store.delete(kind, metadata, signal);
    } catch (error) {
      if (!isStoreError(error, 'NotFound')) throw error;
    }
    const { namespace, name, uid } = metadata;
    const gone: Sighting = { kind, namespace, name, uid, resourceVersion: undefined };
    await this.#deps.sightings.see(gone, SETTLE_TIMEOUT_MS);
    await this.#deps.awaitOthers(gone);
  }

  /** True when the object is gone, or goes in time: one that nobody deletes is not waited for. */
  async awaitGone(of: ObjectKey & { readonly kind: Kind }, timeoutMs: number): Promise<boolean> {
    const { informers, sightings } = this.#deps;
    const known = informers[of.kind].get(of);
    if (known !== undefined && known.metadata.deletionTimestamp === undefined) return false;
    return sightings.until(of, (object) => object === undefined, timeoutMs);
  }

  /**
   * Waits until something holds of an object, and every gateway has heard of that.
   * @returns the object; undefined when the time is over, or it is gone
   */
  async until<K extends Kind>(
    object: ResourceKinds[K] & { readonly kind: K },
    holds: (object: ResourceKinds[K]) => boolean,
    timeoutMs: number,
  ): Promise<ResourceKinds[K] | undefined> {
    const { kind, metadata } = object;
    const { informers, sightings } = this.#deps;
    const read = (): ResourceKinds[K] | undefined => {
      const known = informers[kind].get(metadata);
      return known?.metadata.uid === metadata.uid ? known : undefined;
    };
    const { namespace, name, uid } = metadata;
    let wasThere = false;
    const isOver = (): boolean => {
      const known = read();
      wasThere ||= known !== undefined;
      // One that was written just now may be unknown here as yet.
      return known === undefined ? wasThere : holds(known);
    };
    if (!(await sightings.until({ kind, namespace, name }, isOver, timeoutMs))) return undefined;
    const found = read();
    if (found === undefined) return undefined;
    const { resourceVersion } = found.metadata;
    await this.#deps.awaitOthers({ kind, namespace, name, uid, resourceVersion });
    return found;
  }

  async #settle({ kind, metadata }: ResourceKinds[Kind]): Promise<void> {
    const { namespace, name, uid, resourceVersion, generation } = metadata;
    const written: Sighting = { kind, namespace, name, uid, resourceVersion };
    const { informers, sightings } = this.#deps;
    const isOver = (object: SeenObject | undefined): boolean =>
      isSeen(written, object) && isJudged(object, generation) && !isStillUpdating(kind, object);
    await sightings.until(written, isOver, SETTLE_TIMEOUT_MS);
    const known = informers[kind].get(written);
    if (known?.metadata.uid !== uid) return;
    await this.#deps.awaitOthers({ ...written, resourceVersion: known.metadata.resourceVersion });
  }
}

interface Judgement {
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly observedGeneration?: number;
  }[];
}

/** Whether the operator has said for good what becomes of it. */
function isJudged(object: SeenObject | undefined, generation: number): boolean {
  // Every kind has conditions.
  const { conditions = [] } = (object?.status ?? {}) as Judgement;
  const ready = conditions.find(({ type }) => type === 'Ready');
  return (
    ready !== undefined &&
    ready.status !== 'Unknown' &&
    (ready.observedGeneration ?? 0) >= generation
  );
}

/** An update that changes nothing is judged before it is made, and is one all the same. */
function isStillUpdating(kind: Kind, object: SeenObject | undefined): boolean {
  // What the informer of Functions holds are Functions.
  return kind === 'Function' && object !== undefined && isUpdating(object as FunctionResource);
}

/** The store's own sentence names the field. */
function toParameterError(error: unknown): never {
  if (!isStoreError(error, 'Invalid')) throw error;
  const message = error instanceof Error ? error.message : '';
  throw invalid(message, { cause: error });
}
