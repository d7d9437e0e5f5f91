import type {
  AliasResource,
  AliasRouting,
  ProvisionedConcurrency,
  ProvisionedConcurrencyStatus,
  VersionResource,
} from '@mayfly/api';
import { objectIdOf, type Informer, type ObjectKey } from '@mayfly/core';
import { ByFunction, toFunctionId } from '../fleet/by-function.ts';

/** A Version or an Alias that asks for provisioned concurrency. */
export interface ProvisionOwner {
  /** Of all that ask, only this one has it. */
  readonly id: string;
  readonly kind: 'Version' | 'Alias';
  readonly key: ObjectKey;
  readonly functionId: string;
  readonly spec: ProvisionedConcurrency;
  /** Undefined: it is no version yet, or points to none. */
  readonly routing: AliasRouting | undefined;
  /** What its status says, written by this operator or one before it. */
  readonly written: ProvisionedConcurrencyStatus | undefined;
}

/** What is followed. */
export interface ProvisionSources {
  readonly versions: Pick<Informer<'Version'>, 'list' | 'onChange'>;
  readonly aliases: Pick<Informer<'Alias'>, 'list' | 'onChange'>;
}

/** Who asks for provisioned concurrency, by function, kept current from the informers. */
export class ProvisionOwners {
  readonly #owners = new ByFunction<ProvisionOwner>({
    idOf: ({ id }) => id,
    functionIdOf: ({ functionId }) => functionId,
  });

  /** Follows the informers; `onChange` is called with the id of a function one of whose owners changed. */
  follow(
    { versions, aliases }: ProvisionSources,
    onChange: (functionId: string) => void,
  ): () => void {
    for (const version of versions.list()) this.#put(fromVersion(version));
    for (const alias of aliases.list()) this.#put(fromAlias(alias));
    const change = (owner: ProvisionOwner | undefined, id: string): void => {
      const known = this.#owners.get(id);
      this.#owners.remove(id);
      if (owner !== undefined) this.#put(owner);
      for (const functionId of new Set([known?.functionId, owner?.functionId])) {
        if (functionId !== undefined) onChange(functionId);
      }
    };
    const stops = [
      versions.onChange((key, version) => {
        change(version && fromVersion(version), idOf('Version', key));
      }),
      aliases.onChange((key, alias) => {
        change(alias && fromAlias(alias), idOf('Alias', key));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  functionIds(): Iterable<string> {
    return this.#owners.functionIds();
  }

  /** In the order of their ids. */
  of(functionId: string): readonly ProvisionOwner[] {
    return this.#owners.of(functionId).toSorted((a, b) => a.id.localeCompare(b.id, 'en'));
  }

  #put(owner: ProvisionOwner | undefined): void {
    if (owner !== undefined) this.#owners.put(owner);
  }
}

/** The id of an owner. */
export function idOf(kind: ProvisionOwner['kind'], key: ObjectKey): string {
  return `${kind} ${objectIdOf(key)}`;
}

function fromVersion(version: VersionResource): ProvisionOwner | undefined {
  const { version: number } = version.spec;
  const routing = number === undefined ? undefined : { functionVersion: number.toString() };
  return toOwner('Version', version, routing);
}

function fromAlias(alias: AliasResource): ProvisionOwner | undefined {
  return toOwner('Alias', alias, alias.status?.routing);
}

function toOwner(
  kind: ProvisionOwner['kind'],
  object: VersionResource | AliasResource,
  routing: AliasRouting | undefined,
): ProvisionOwner | undefined {
  const { metadata, spec, status } = object;
  const { namespace, name, deletionTimestamp } = metadata;
  if (spec.provisionedConcurrency === undefined || deletionTimestamp !== undefined) {
    return undefined;
  }
  return {
    id: idOf(kind, metadata),
    kind,
    key: { namespace, name },
    functionId: toFunctionId(object),
    spec: spec.provisionedConcurrency,
    routing,
    written: status?.provisionedConcurrency,
  };
}
