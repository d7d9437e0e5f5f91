import type { Clock, Kind, ObjectKey } from '@mayfly/core';
import type { Informers } from './watch-objects.ts';

/** A state of an object that a gateway may or may not have heard of. */
export interface Sighting extends ObjectKey {
  readonly kind: Kind;
  readonly uid: string;
  /** That one or a later one. Undefined: the object is gone, or on its way. */
  readonly resourceVersion: string | undefined;
}

/** What is looked at of an object. */
export interface SeenObject {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
  readonly status?: unknown;
}

/** Whether the object as it is known here is that state, or a later one. */
export function isSeen(sighting: Sighting, object: SeenObject | undefined): boolean {
  const { uid, resourceVersion } = sighting;
  if (object === undefined) return resourceVersion === undefined;
  const { metadata } = object;
  // Another object of that name: the one that is asked for has been and gone.
  if (metadata.uid !== uid) return resourceVersion === undefined;
  if (resourceVersion === undefined) return metadata.deletionTimestamp !== undefined;
  return isReached(metadata.resourceVersion, resourceVersion);
}

/**
 * Versions of one object grow: both stores count, and Kubernetes promises it
 * (https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/5504-comparable-resource-version).
 */
function isReached(current: string, wanted: string): boolean {
  if (current === wanted) return true;
  return current.length === wanted.length ? current > wanted : current.length > wanted.length;
}

/** What waiting for objects needs. */
export interface SightingsDeps {
  readonly informers: Informers;
  readonly clock: Clock;
}

/** Waits until this gateway knows what others have written. */
export class Sightings {
  readonly #deps: SightingsDeps;

  constructor(deps: SightingsDeps) {
    this.#deps = deps;
  }

  /** True when it is known here before the time is over. */
  see(sighting: Sighting, timeoutMs: number): Promise<boolean> {
    return this.until(sighting, (object) => isSeen(sighting, object), timeoutMs);
  }

  /** The same for anything that can be said of the object as it is known here. */
  async until(
    of: ObjectKey & { readonly kind: Kind },
    holds: (object: SeenObject | undefined) => boolean,
    timeoutMs: number,
  ): Promise<boolean> {
    const informer = this.#deps.informers[of.kind];
    if (holds(informer.get(of))) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const stop = informer.onChange(({ namespace, name }, object) => {
      if (namespace === of.namespace && name === of.name && holds(object)) resolve(true);
    });
    const timer = this.#deps.clock.after(timeoutMs, () => {
      resolve(false);
    });
    const isSeen = await promise;
    stop();
    timer.cancel();
    return isSeen;
  }
}
