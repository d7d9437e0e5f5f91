import {
  AliasSpec,
  API_VERSION,
  CodeSigningConfigSpec,
  LayerVersionSpec,
  VersionSpec,
} from '@mayfly/api';
import type {
  AliasResource,
  AliasStatus,
  CodeSigningConfigResource,
  FunctionResource,
  LayerVersionResource,
  LayerVersionStatus,
  ObjectMeta,
  ServedRevision,
  VersionResource,
  VersionStatus,
} from '@mayfly/api';
import { aFunction, type FunctionOverrides } from './function.ts';
import { metadataOf } from './object-meta.ts';

/** What a function serves under that revision. */
export function aServedRevision(
  revision = 'revision-1',
  configuration: Partial<ServedRevision['configuration']> = {},
): ServedRevision {
  const { code: _code, publish: _publish, ...base } = aFunction().spec;
  return {
    revision,
    codeSha256: `sha-of-${revision}`,
    codeSize: 10,
    configuration: { ...base, ...configuration },
  };
}

/** A Function that serves what its spec asks for. */
export function anActiveFunction(
  served = aServedRevision(),
  overrides: FunctionOverrides = {},
): FunctionResource {
  return aFunction({
    ...overrides,
    status: {
      observedGeneration: overrides.metadata?.generation ?? 1,
      state: 'Active',
      lastUpdateStatus: 'Successful',
      revisionId: `id-of-${served.revision}`,
      served,
      conditions: [],
      ...overrides.status,
    },
  });
}

/** A Version of `hello`, not published unless `version` and `snapshot` are given. */
export function aVersion(
  overrides: {
    readonly metadata?: Partial<ObjectMeta>;
    readonly spec?: Partial<VersionSpec>;
    readonly status?: VersionStatus;
  } = {},
): VersionResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Version',
    metadata: metadataOf(overrides.metadata?.name ?? 'hello-v', overrides.metadata),
    spec: VersionSpec.parse({ functionName: 'hello', ...overrides.spec }),
    ...(overrides.status === undefined ? {} : { status: overrides.status }),
  };
}

/** A published Version of `hello`. */
export function aPublishedVersion(
  version: number,
  snapshot = aServedRevision(`revision-${version.toString()}`),
  metadata: Partial<ObjectMeta> = {},
): VersionResource {
  return aVersion({
    metadata: { name: `hello-${version.toString()}`, ...metadata },
    spec: { version, snapshot },
  });
}

/** The Alias `live` of `hello`, of version 1. */
export function anAlias(
  overrides: {
    readonly metadata?: Partial<ObjectMeta>;
    readonly spec?: Partial<AliasSpec>;
    readonly status?: AliasStatus;
  } = {},
): AliasResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Alias',
    metadata: metadataOf(overrides.metadata?.name ?? 'hello-live', overrides.metadata),
    spec: AliasSpec.parse({
      functionName: 'hello',
      name: 'live',
      functionVersion: '1',
      ...overrides.spec,
    }),
    ...(overrides.status === undefined ? {} : { status: overrides.status }),
  };
}

/** A version of the layer `libs`; its number and archive are given to it. */
export function aLayerVersion(
  overrides: {
    readonly metadata?: Partial<ObjectMeta>;
    readonly spec?: Partial<LayerVersionSpec>;
    readonly status?: LayerVersionStatus;
  } = {},
): LayerVersionResource {
  return {
    apiVersion: API_VERSION,
    kind: 'LayerVersion',
    metadata: metadataOf(overrides.metadata?.name ?? 'libs-1', overrides.metadata),
    spec: LayerVersionSpec.parse({
      layerName: 'libs',
      content: { zip: { store: `${'A'.repeat(43)}=` } },
      ...overrides.spec,
    }),
    ...(overrides.status === undefined ? {} : { status: overrides.status }),
  };
}

/** The code signing config `signed`, which warns. */
export function aCodeSigningConfig(
  overrides: {
    readonly metadata?: Partial<ObjectMeta>;
    readonly spec?: Partial<CodeSigningConfigSpec>;
  } = {},
): CodeSigningConfigResource {
  return {
    apiVersion: API_VERSION,
    kind: 'CodeSigningConfig',
    metadata: metadataOf(overrides.metadata?.name ?? 'signed', overrides.metadata),
    spec: CodeSigningConfigSpec.parse({
      allowedPublishers: {
        signingProfileVersionArns: [
          'arn:aws:signer:us-east-1:000000000000:/signing-profiles/test/v1',
        ],
      },
      ...overrides.spec,
    }),
  };
}
