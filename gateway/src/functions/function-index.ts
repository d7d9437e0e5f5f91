import {
  functionNameOf,
  type AliasResource,
  type FunctionResource,
  type VersionResource,
} from '@mayfly/api';
import {
  functionIdOf,
  makeUrlId,
  makeVersionRevision,
  parseFunctionId,
  type ObjectKey,
  type RevisionKey,
  type RoutableAlias,
  type RoutableFunction,
  type RoutableVersion,
} from '@mayfly/core';
import { LATEST } from '@mayfly/lambda-api';
import { QualifiedObjects, type QualifiedObject } from './qualified-objects.ts';

/** What the gateway knows of one function. */
export interface IndexedFunction extends RoutableFunction {
  readonly namespace: string;
  readonly functionName: string;
  /** `metadata.name` of its Function. */
  readonly objectName: string;
  /** Function URL of the function, or of an alias; undefined when it has none. */
  urlOf(qualifier: string | undefined): FunctionResource['spec']['url'];
  /** Who may call it besides those whom RBAC lets: without a qualifier, or by one. */
  permissionsOf(qualifier: string | undefined): Permissions;
}

type Permissions = NonNullable<FunctionResource['spec']['permissions']>;

/** What a host of function URLs leads to. */
export interface UrlTarget {
  readonly fn: IndexedFunction;
  /** An alias; undefined for the function's own URL. */
  readonly qualifier: string | undefined;
}

interface IndexedVersion extends RoutableVersion {
  readonly permissions: Permissions;
}

interface IndexedAlias extends RoutableAlias {
  readonly name: string;
  readonly permissions: Permissions;
  readonly url: FunctionResource['spec']['url'];
}

/** Told when a revision is no longer served: `to` is what took its place, undefined when the function is gone. */
export type RevisionListener = (from: RevisionKey, to: RevisionKey | undefined) => void;

/** Told when a version or an alias is there no more. */
export type QualifierListener = (functionId: string, qualifier: string) => void;

/** Functions, versions and aliases by the names that requests use. Fed by informers. */
export class FunctionIndex {
  readonly #byName = new Map<string, IndexedFunction>();
  /** Function and alias by the first label of a URL's host. */
  readonly #byUrlId = new Map<
    string,
    { readonly functionId: string; readonly qualifier: string | undefined }
  >();
  readonly #versions = new QualifiedObjects<IndexedVersion>();
  readonly #aliases = new QualifiedObjects<IndexedAlias>();
  readonly #functions = new QualifiedObjects<FunctionResource>();
  readonly #onRevisionLeft: RevisionListener;
  readonly #onQualifierLeft: QualifierListener;

  constructor(
    onRevisionLeft: RevisionListener,
    onQualifierLeft: QualifierListener = () => undefined,
  ) {
    this.#onRevisionLeft = onRevisionLeft;
    this.#onQualifierLeft = onQualifierLeft;
  }

  find(namespace: string, functionName: string): IndexedFunction | undefined {
    return this.#byName.get(`${namespace}/${functionName}`);
  }

  findByUrlId(urlId: string): UrlTarget | undefined {
    const { functionId = '', qualifier } = this.#byUrlId.get(urlId) ?? {};
    const fn = this.#byName.get(functionId);
    return fn && { fn, qualifier };
  }

  /** Takes in one change of a Version; undefined: it is gone. */
  applyVersion(key: ObjectKey, object: VersionResource | undefined): void {
    const claim = object === undefined ? undefined : toVersionClaim(object);
    const before = this.#versions.apply(key, claim);
    if (before === undefined) return;
    const { value, functionId, qualifier } = before;
    const holder = this.#versions.find(functionId, qualifier);
    if (holder?.key.revision !== value.key.revision) this.#onRevisionLeft(value.key, holder?.key);
    if (holder === undefined) this.#onQualifierLeft(functionId, qualifier);
  }

  /** Takes in one change of an Alias; undefined: it is gone. */
  applyAlias(key: ObjectKey, object: AliasResource | undefined): void {
    const claim = object === undefined ? undefined : toAliasClaim(object);
    const before = this.#aliases.apply(key, claim);
    if (before !== undefined) {
      const { functionId, qualifier } = before;
      this.#byUrlId.delete(urlIdOf(functionId, qualifier));
      const isGone = this.#aliases.find(functionId, qualifier) === undefined;
      if (isGone) this.#onQualifierLeft(functionId, qualifier);
    }
    for (const { functionId, qualifier } of [before, claim].filter((each) => each !== undefined)) {
      if (this.#aliases.find(functionId, qualifier) === undefined) continue;
      this.#byUrlId.set(urlIdOf(functionId, qualifier), { functionId, qualifier });
    }
  }

  /** Takes in one change of a Function; undefined: it is gone. */
  applyFunction(key: ObjectKey, object: FunctionResource | undefined): void {
    const claim = object === undefined ? undefined : toFunctionClaim(object);
    const before = this.#functions.apply(key, claim);
    const names = [before, claim].map((each) => each?.functionId);
    for (const name of new Set(names)) if (name !== undefined) this.#refresh(name);
  }

  #refresh(name: string): void {
    const before = this.#byName.get(name);
    const owner = this.#functions.find(name, LATEST);
    const after = owner && this.#toIndexedFunction(owner);
    this.#put(name, after);
    this.#tellOfRevision(before?.latest?.key, after?.latest?.key);
    if (before !== undefined && after === undefined) this.#tellOfVersions(name);
  }

  /** The versions of a function go with it. */
  #tellOfVersions(name: string): void {
    for (const version of this.#versions.of(name)) this.#onRevisionLeft(version.key, undefined);
  }

  #put(name: string, fn: IndexedFunction | undefined): void {
    const urlId = urlIdOf(name, undefined);
    if (fn === undefined) {
      this.#byName.delete(name);
      this.#byUrlId.delete(urlId);
    } else {
      this.#byName.set(name, fn);
      this.#byUrlId.set(urlId, { functionId: name, qualifier: undefined });
    }
  }

  /** `$LATEST` has none of its own, and those of the function are not for it. */
  #qualifiedPermissions(functionId: string, qualifier: string): Permissions {
    const holders = [this.#aliases, this.#versions];
    return holders.flatMap((each) => each.find(functionId, qualifier)?.permissions ?? []);
  }

  #tellOfRevision(from: RevisionKey | undefined, to: RevisionKey | undefined): void {
    if (from !== undefined && from.revision !== to?.revision) this.#onRevisionLeft(from, to);
  }

  #toIndexedFunction(object: FunctionResource): IndexedFunction {
    const { namespace } = object.metadata;
    const functionName = functionNameOf(object);
    const functionId = functionIdOf({ namespace, functionName });
    const { url, permissions = [] } = object.spec;
    return {
      namespace,
      functionName,
      objectName: object.metadata.name,
      latest: toLatest(object, functionName),
      state: object.status?.state,
      stateReason: object.status?.stateReason,
      version: (version) => this.#versions.find(functionId, version),
      alias: (name) => this.#aliases.find(functionId, name),
      urlOf: (qualifier) =>
        qualifier === undefined || qualifier === LATEST
          ? url
          : this.#aliases.find(functionId, qualifier)?.url,
      permissionsOf: (qualifier) =>
        qualifier === undefined ? permissions : this.#qualifiedPermissions(functionId, qualifier),
    };
  }
}

function urlIdOf(functionId: string, alias: string | undefined): string {
  const { namespace, functionName } = parseFunctionId(functionId);
  return makeUrlId(namespace, functionName, alias);
}

/** Undefined when it is being deleted: it is invoked no more, whatever its finalizers still wait for. */
function toFunctionClaim(object: FunctionResource): QualifiedObject<FunctionResource> | undefined {
  const { metadata } = object;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const functionName = functionNameOf(object);
  const functionId = functionIdOf({ namespace: metadata.namespace, functionName });
  return { functionId, qualifier: LATEST, metadata, value: object };
}

function toLatest(object: FunctionResource, functionName: string): RoutableVersion | undefined {
  const served = object.status?.served;
  if (served === undefined) return undefined;
  return {
    key: { namespace: object.metadata.namespace, functionName, revision: served.revision },
    version: LATEST,
    configuration: served.configuration,
  };
}

/** Undefined until it has its number and what it is made of. */
function toVersionClaim({
  metadata,
  spec,
}: VersionResource): QualifiedObject<IndexedVersion> | undefined {
  const { snapshot, version, functionName, permissions = [] } = spec;
  if (snapshot === undefined || version === undefined) return undefined;
  const { namespace } = metadata;
  const revision = makeVersionRevision(snapshot.revision, version);
  return {
    functionId: functionIdOf({ namespace, functionName }),
    qualifier: version.toString(),
    metadata,
    value: {
      key: { namespace, functionName, revision },
      version: version.toString(),
      configuration: snapshot.configuration,
      permissions,
    },
  };
}

/** Undefined until the operator has found it good. */
function toAliasClaim({
  metadata,
  spec,
  status,
}: AliasResource): QualifiedObject<IndexedAlias> | undefined {
  const { routing } = status ?? {};
  if (routing === undefined || metadata.deletionTimestamp !== undefined) return undefined;
  const { functionVersion, additionalVersion, url } = routing;
  // Whoever is allowed no more is refused at once, whatever else of the change has to be found good first.
  const { functionName, name, permissions = [] } = spec;
  return {
    functionId: functionIdOf({ namespace: metadata.namespace, functionName }),
    qualifier: name,
    metadata,
    value: { name, functionVersion, additionalVersion, url, permissions },
  };
}
