import {
  describeRoutingState,
  type FleetLink,
  type ObjectKey,
  type ResourceKinds,
} from '@mayfly/core';
import { Confirmations } from './confirmations.ts';
import type { FunctionIndex } from './function-index.ts';
import type { Informers } from './watch-objects.ts';

/** What following needs. */
export interface FollowRoutingDeps {
  readonly informers: Pick<Informers, RoutedKind>;
  readonly link: FleetLink;
  readonly index: FunctionIndex;
}

type RoutedKind = 'Function' | 'Version' | 'Alias';

/**
 * Feeds the index with the objects that say where invocations go, and confirms to the operator what it follows.
 * Returns the way to answer the operator's questions no more.
 */
export function followRouting({ informers, link, index }: FollowRoutingDeps): () => void {
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
  const follow = <K extends RoutedKind>(
    kind: K,
    apply: (key: ObjectKey, object: ResourceKinds[K] | undefined) => void,
  ): void => {
    informers[kind].onChange(({ namespace, name }, object) => {
      // The union of the informers hides that this is the kind's own object.
      apply({ namespace, name }, object);
      const of = { kind, namespace, name };
      if (object === undefined) confirmations.forget(of);
      else confirmations.note(of);
    });
  };
  follow('Function', (key, fn) => {
    index.applyFunction(key, fn);
  });
  follow('Version', (key, version) => {
    index.applyVersion(key, version);
  });
  follow('Alias', (key, alias) => {
    index.applyAlias(key, alias);
  });
  return link.onMessage((message) => {
    if (message.kind === 'confirm') confirmations.ask(message.state);
  });
}
