import {
  functionNameOf,
  type AliasResource,
  type CodeSigningConfigResource,
  type EventSourceMappingResource,
  type FunctionResource,
  type LayerVersionResource,
  type ObjectMeta,
  type VersionResource,
} from '@mayfly/api';
import { codeSigningConfigArnOf, functionIdOf } from '@mayfly/core';
import { LATEST } from '@mayfly/lambda-api';
import { QualifiedObjects, type QualifiedObject } from '../../functions/qualified-objects.ts';
import type { Informers } from '../../functions/watch-objects.ts';
import type { ApiSite } from '../operation.ts';

/** The custom resources by the names that the Lambda API uses. What is being deleted is not here. Nothing here waits. */
export class ApiObjects {
  readonly #functions = new QualifiedObjects<FunctionResource>();
  readonly #versions = new QualifiedObjects<VersionResource>();
  readonly #aliases = new QualifiedObjects<AliasResource>();
  /** By the names of layers and the numbers of their versions. */
  readonly #layers = new QualifiedObjects<LayerVersionResource>();
  readonly #informers: Informers;

  constructor(informers: Informers) {
    this.#informers = informers;
    informers.Function.onChange((key, fn) => {
      this.#functions.apply(key, fn && toClaim(fn, functionNameOf(fn), LATEST));
    });
    informers.Version.onChange((key, version) => {
      const number = version?.spec.version?.toString();
      const { functionName = '' } = version?.spec ?? {};
      const claim = number === undefined ? undefined : version;
      this.#versions.apply(key, claim && toClaim(claim, functionName, number ?? ''));
    });
    informers.Alias.onChange((key, alias) => {
      this.#aliases.apply(key, alias && toClaim(alias, alias.spec.functionName, alias.spec.name));
    });
    informers.LayerVersion.onChange((key, layer) => {
      this.#layers.apply(key, layer && toLayerClaim(layer));
    });
  }

  findFunction(namespace: string, functionName: string): FunctionResource | undefined {
    return this.#functions.find(functionIdOf({ namespace, functionName }), LATEST);
  }

  /** Sorted by name. */
  functionsOf(namespace: string): readonly FunctionResource[] {
    const names = new Set<string>();
    for (const fn of this.#informers.Function.list()) {
      if (fn.metadata.namespace === namespace) names.add(functionNameOf(fn));
    }
    return [...names].toSorted().flatMap((name) => this.findFunction(namespace, name) ?? []);
  }

  findVersion(
    namespace: string,
    functionName: string,
    version: string,
  ): VersionResource | undefined {
    return this.#versions.find(functionIdOf({ namespace, functionName }), version);
  }

  /** From the lowest number to the highest. */
  versionsOf(namespace: string, functionName: string): readonly VersionResource[] {
    const versions = this.#versions.of(functionIdOf({ namespace, functionName }));
    return versions.toSorted((a, b) => (a.spec.version ?? 0) - (b.spec.version ?? 0));
  }

  findAlias(namespace: string, functionName: string, name: string): AliasResource | undefined {
    return this.#aliases.find(functionIdOf({ namespace, functionName }), name);
  }

  /** Sorted by name. */
  aliasesOf(namespace: string, functionName: string): readonly AliasResource[] {
    const aliases = this.#aliases.of(functionIdOf({ namespace, functionName }));
    return aliases.toSorted((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  }

  findLayerVersion(
    namespace: string,
    layerName: string,
    version: number,
  ): LayerVersionResource | undefined {
    return this.#layers.find(
      functionIdOf({ namespace, functionName: layerName }),
      version.toString(),
    );
  }

  /** From the highest number to the lowest. */
  layerVersionsOf(namespace: string, layerName: string): readonly LayerVersionResource[] {
    const versions = this.#layers.of(functionIdOf({ namespace, functionName: layerName }));
    return versions.toSorted((a, b) => (b.spec.version ?? 0) - (a.spec.version ?? 0));
  }

  /** Names of layers, sorted. */
  layerNamesOf(namespace: string): readonly string[] {
    const names = new Set<string>();
    for (const { metadata, spec } of this.#informers.LayerVersion.list()) {
      if (metadata.namespace === namespace) names.add(spec.layerName);
    }
    return [...names].toSorted();
  }

  /** In no order. */
  codeSigningConfigsOf(namespace: string): readonly CodeSigningConfigResource[] {
    const configs = [...this.#informers.CodeSigningConfig.list()];
    return configs.filter(({ metadata }) => metadata.namespace === namespace && !isGoing(metadata));
  }

  findCodeSigningConfig(arn: string, site: ApiSite): CodeSigningConfigResource | undefined {
    const configs = this.codeSigningConfigsOf(site.namespace);
    return configs.find((config) => codeSigningConfigArnOf(config, site) === arn);
  }

  /** Sorted by the names of the objects. */
  mappingsOf(namespace: string): readonly EventSourceMappingResource[] {
    return [...this.#informers.EventSourceMapping.list()]
      .filter(({ metadata }) => metadata.namespace === namespace && !isGoing(metadata))
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }
}

function toClaim<T extends { readonly metadata: ObjectMeta }>(
  object: T,
  functionName: string,
  qualifier: string,
): QualifiedObject<T> | undefined {
  const { metadata } = object;
  if (isGoing(metadata)) return undefined;
  const functionId = functionIdOf({ namespace: metadata.namespace, functionName });
  return { functionId, qualifier, metadata, value: object };
}

/** Only what has its archive can be used. */
function toLayerClaim(
  layer: LayerVersionResource,
): QualifiedObject<LayerVersionResource> | undefined {
  const { spec, status } = layer;
  if (spec.version === undefined || status?.codeSha256 === undefined) return undefined;
  return toClaim(layer, spec.layerName, spec.version.toString());
}

function isGoing(metadata: ObjectMeta): boolean {
  return metadata.deletionTimestamp !== undefined;
}
