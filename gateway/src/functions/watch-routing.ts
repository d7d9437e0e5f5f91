import {
  describeRoutingState,
  Informer,
  type Clock,
  type FleetLink,
  type ObjectKey,
  type ResourceKinds,
  type ResourceStore,
} from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import { Confirmations } from './confirmations.ts';
import type { FunctionIndex } from './function-index.ts';

/** What watching needs. */
export interface WatchRoutingDeps {
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly link: FleetLink;
  readonly index: FunctionIndex;
}

/** The objects that say where invocations go, watched. */
export interface RoutingWatch {
  /** All of them are known. */
  readonly hasSynced: boolean;
  /** Resolves when they are; goes on until the signal aborts. */
  start(signal: AbortSignal): Promise<void>;
  /** Answers the operator's questions no more. */
  stop(): void;
}

type RoutedKind = 'Function' | 'Version' | 'Alias';

/** Feeds the index, and confirms to the operator what it follows. */
export function watchRouting({
  store,
  clock,
  logger,
  link,
  index,
}: WatchRoutingDeps): RoutingWatch {
  const make = <K extends RoutedKind>(
    kind: K,
    apply: (key: ObjectKey, object: ResourceKinds[K] | undefined) => void,
  ): Informer<K> => {
    const informer = new Informer({
      store,
      kind,
      clock,
      onError: (err) => {
        logger.warn({ kind, err }, 'watch broke; trying again');
      },
    });
    informer.onChange(({ namespace, name }, object) => {
      apply({ namespace, name }, object);
      const of = { kind, namespace, name };
      if (object === undefined) confirmations.forget(of);
      else confirmations.note(of);
    });
    return informer;
  };
  const informers = {
    Function: make('Function', (key, fn) => {
      index.applyFunction(key, fn);
    }),
    Version: make('Version', (key, version) => {
      index.applyVersion(key, version);
    }),
    Alias: make('Alias', (key, alias) => {
      index.applyAlias(key, alias);
    }),
  };
  const confirmations = new Confirmations({
    read: ({ kind, ...key }) => {
      const generation = informers[kind].get(key)?.status?.observedGeneration;
      const alias = kind === 'Alias' ? informers.Alias.get(key) : undefined;
      return alias === undefined
        ? { generation }
        : { generation, content: describeRoutingState(alias) };
    },
    send: (message) => {
      link.send(message);
    },
  });
  const stop = link.onMessage((message) => {
    if (message.kind === 'confirm') confirmations.ask(message.state);
  });
  const all = Object.values(informers);
  return {
    get hasSynced() {
      return all.every((informer) => informer.hasSynced);
    },
    start: async (signal) => {
      await Promise.all(all.map((informer) => informer.start(signal)));
    },
    stop: () => {
      stop();
    },
  };
}
