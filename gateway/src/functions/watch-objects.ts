import { Informer, type Clock, type Kind, type ResourceStore } from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';

/** What watching needs. */
export interface WatchObjectsDeps {
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Local copies of the custom resources, one for each kind. */
export type Informers = { readonly [K in Kind]: Informer<K> };

/** Every kind, watched once for everybody here who reads it. */
export interface ObjectWatch {
  readonly informers: Informers;
  /** All of them are known. */
  readonly hasSynced: boolean;
  /** Resolves when they are; goes on until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
}

/** Makes the informers. Nothing is read before `start`. */
export function watchObjects({ store, clock, logger }: WatchObjectsDeps): ObjectWatch {
  const make = <K extends Kind>(kind: K): Informer<K> =>
    new Informer({
      store,
      kind,
      clock,
      onError: (err) => {
        logger.warn({ kind, err }, 'watch broke; trying again');
      },
    });
  const informers: Informers = {
    Function: make('Function'),
    Version: make('Version'),
    Alias: make('Alias'),
    EventSourceMapping: make('EventSourceMapping'),
    LayerVersion: make('LayerVersion'),
    CodeSigningConfig: make('CodeSigningConfig'),
  };
  const all = Object.values(informers);
  return {
    informers,
    get hasSynced() {
      return all.every((informer) => informer.hasSynced);
    },
    start: async (signal) => {
      await Promise.all(all.map((informer) => informer.start(signal)));
    },
  };
}
