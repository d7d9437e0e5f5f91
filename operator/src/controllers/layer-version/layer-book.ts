import type { FunctionResource, LayerVersionResource } from '@mayfly/api';
import {
  holdsNameBefore,
  layerVersionArnOf,
  resolveLayers,
  type Account,
  type Informer,
  type LayersResolution,
} from '@mayfly/core';

/** Finds layers by their ARNs. Of two objects with the same number the older one has it. */
export class LayerBook {
  readonly #layers: Pick<Informer<'LayerVersion'>, 'list' | 'hasSynced' | 'onChange'>;
  readonly #account: Account;
  /** `namespace/arn` → the objects that claim it. */
  readonly #byArn = new Map<string, readonly LayerVersionResource[]>();
  /** Of each object the place that it has in `#byArn`. */
  readonly #places = new Map<string, string>();

  constructor(
    layers: Pick<Informer<'LayerVersion'>, 'list' | 'hasSynced' | 'onChange'>,
    account: Account,
  ) {
    this.#layers = layers;
    this.#account = account;
    layers.onChange(({ namespace, name }, layer) => {
      this.#note(`${namespace}/${name}`, layer);
    });
  }

  /** What a Function names in `spec.layers`. */
  resolve({ metadata, spec, status }: FunctionResource): LayersResolution {
    return resolveLayers(spec.layers ?? [], {
      find: (arn) => this.find(metadata.namespace, arn),
      isKnown: this.#layers.hasSynced,
      served: status?.served?.layers ?? [],
      account: this.#account,
    });
  }

  find(namespace: string, arn: string): LayerVersionResource | undefined {
    const [first, ...others] = this.#byArn.get(`${namespace}/${arn}`) ?? [];
    return others.reduce(
      (holder, other) =>
        holder === undefined || holdsNameBefore(other.metadata, holder.metadata) ? other : holder,
      first,
    );
  }

  /** All that there are; undefined while they are not known. */
  all(): Iterable<LayerVersionResource> | undefined {
    return this.#layers.hasSynced ? this.#layers.list() : undefined;
  }

  #note(id: string, layer: LayerVersionResource | undefined): void {
    const before = this.#places.get(id);
    if (before !== undefined) {
      const rest = (this.#byArn.get(before) ?? []).filter(({ metadata }) => toId(metadata) !== id);
      if (rest.length === 0) this.#byArn.delete(before);
      else this.#byArn.set(before, rest);
      this.#places.delete(id);
    }
    if (layer === undefined || layer.metadata.deletionTimestamp !== undefined) return;
    const arn = layerVersionArnOf(layer, this.#account);
    if (arn === undefined) return;
    const place = `${layer.metadata.namespace}/${arn}`;
    this.#byArn.set(place, [...(this.#byArn.get(place) ?? []), layer]);
    this.#places.set(id, place);
  }
}

function toId({ namespace, name }: LayerVersionResource['metadata']): string {
  return `${namespace}/${name}`;
}
