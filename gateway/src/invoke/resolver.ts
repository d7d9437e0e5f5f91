import { resolveInvocation, type RoutableFunction } from '@mayfly/core';
import { parseFunctionReference } from '@mayfly/lambda-api';
import type { InvocationTarget } from './invocation.ts';
import { toResolutionError } from './refusals.ts';

/** What resolving needs. */
export interface ResolverDeps {
  readonly region: string;
  readonly accountId: string;
  readonly random: () => number;
  readonly find: (namespace: string, functionName: string) => RoutableFunction | undefined;
}

/** What a request named, not yet parsed. */
export interface NamedFunction {
  /** Name, partial ARN or ARN. */
  readonly functionName: string;
  readonly qualifier: string | undefined;
}

/** Where an invocation goes. */
export interface ResolvedInvocation {
  readonly target: InvocationTarget;
  readonly qualifier: string | undefined;
}

/** Turns what requests name into versions that can be invoked. */
export class InvocationResolver {
  readonly #deps: ResolverDeps;

  constructor(deps: ResolverDeps) {
    this.#deps = deps;
  }

  /** @throws LambdaError when the name is no name, or leads nowhere. */
  resolve(namespace: string, named: NamedFunction): ResolvedInvocation {
    const { region, accountId, random, find } = this.#deps;
    const reference = parseFunctionReference(named.functionName, named.qualifier);
    const resolution = resolveInvocation(
      reference,
      { region, accountId, find: (functionName) => find(namespace, functionName) },
      random,
    );
    if (resolution.kind !== 'resolved') throw toResolutionError(resolution, region);
    return { target: resolution, qualifier: reference.qualifier };
  }
}
