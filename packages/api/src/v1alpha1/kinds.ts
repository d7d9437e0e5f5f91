import type { z } from 'zod';
import { AliasSpec, AliasStatus } from './alias.ts';
import { CodeSigningConfigSpec, CodeSigningConfigStatus } from './code-signing-config.ts';
import { EventSourceMappingSpec, EventSourceMappingStatus } from './event-source-mapping.ts';
import { EVENT_SOURCE_RULES } from './event-source-rules.ts';
import { FunctionSpec, FunctionStatus } from './function.ts';
import { FUNCTION_RULES } from './object-rules.ts';
import { LayerVersionSpec, LayerVersionStatus } from './layer-version.ts';
import { ALIAS_RULES, LAYER_VERSION_RULES, VERSION_RULES } from './release-rules.ts';
import type { ObjectRule } from './rules.ts';
import { VersionSpec, VersionStatus } from './version.ts';

/** Name of a kind as manifests write it. */
export type KindName =
  'Function' | 'Version' | 'Alias' | 'EventSourceMapping' | 'LayerVersion' | 'CodeSigningConfig';

/** A column of `kubectl get` and `mayfly get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  /** 1 shows the column with `-o wide` only. */
  readonly priority?: 1;
}

/** Everything that is said once about a kind: schemas, names, columns, rules. */
export interface KindDefinition {
  readonly description: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly spec: z.ZodObject;
  readonly status: z.ZodObject;
  readonly columns: readonly PrinterColumn[];
  readonly rules: readonly ObjectRule[];
}

const READY = '.status.conditions[?(@.type=="Ready")].status';
const READY_REASON = '.status.conditions[?(@.type=="Ready")].reason';
const READY_COLUMN = { name: 'Ready', type: 'string', jsonPath: READY } as const;
const FUNCTION_COLUMN = {
  name: 'Function',
  type: 'string',
  jsonPath: '.spec.functionName',
} as const;
const AGE_COLUMN = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' } as const;

/** The kinds of this API version. */
export const KINDS = {
  Function: {
    description: 'A Lambda function: code, runtime, limits and, if asked for, a URL.',
    plural: 'functions',
    singular: 'function',
    shortNames: ['fn'],
    spec: FunctionSpec,
    status: FunctionStatus,
    columns: [
      { name: 'State', type: 'string', jsonPath: '.status.state' },
      READY_COLUMN,
      { name: 'Runtime', type: 'string', jsonPath: '.spec.runtime' },
      { name: 'Memory', type: 'integer', jsonPath: '.spec.memorySize' },
      { name: 'Timeout', type: 'integer', jsonPath: '.spec.timeout' },
      { name: 'Environments', type: 'integer', jsonPath: '.status.executionEnvironments.ready' },
      { name: 'Busy', type: 'integer', jsonPath: '.status.executionEnvironments.busy' },
      { name: 'Reason', type: 'string', jsonPath: READY_REASON, priority: 1 },
      { name: 'Update', type: 'string', jsonPath: '.status.lastUpdateStatus', priority: 1 },
      { name: 'Revision', type: 'string', jsonPath: '.status.served.revision', priority: 1 },
      { name: 'Image', type: 'string', jsonPath: '.status.resolvedImageUri', priority: 1 },
      { name: 'URL', type: 'string', jsonPath: '.status.url', priority: 1 },
      AGE_COLUMN,
    ],
    rules: FUNCTION_RULES,
  },
  Version: {
    description: 'An immutable, numbered snapshot of the code and configuration of a Function.',
    plural: 'versions',
    singular: 'version',
    shortNames: ['fnversion'],
    spec: VersionSpec,
    status: VersionStatus,
    columns: [
      FUNCTION_COLUMN,
      { name: 'Version', type: 'string', jsonPath: '.status.version' },
      READY_COLUMN,
      { name: 'Reason', type: 'string', jsonPath: READY_REASON, priority: 1 },
      { name: 'Revision', type: 'string', jsonPath: '.spec.snapshot.revision', priority: 1 },
      AGE_COLUMN,
    ],
    rules: VERSION_RULES,
  },
  Alias: {
    description: 'A named pointer to a Version of a Function.',
    plural: 'aliases',
    singular: 'alias',
    shortNames: ['fnalias'],
    spec: AliasSpec,
    status: AliasStatus,
    columns: [
      FUNCTION_COLUMN,
      { name: 'Alias', type: 'string', jsonPath: '.spec.name' },
      { name: 'Version', type: 'string', jsonPath: '.status.routing.functionVersion' },
      {
        name: 'Additional',
        type: 'string',
        jsonPath: '.status.routing.additionalVersion.version',
      },
      { name: 'Weight', type: 'string', jsonPath: '.status.routing.additionalVersion.weight' },
      READY_COLUMN,
      { name: 'Reason', type: 'string', jsonPath: READY_REASON, priority: 1 },
      { name: 'URL', type: 'string', jsonPath: '.status.url', priority: 1 },
      AGE_COLUMN,
    ],
    rules: ALIAS_RULES,
  },
  EventSourceMapping: {
    description: 'A source of events whose records are handed to a Function in batches.',
    plural: 'eventsourcemappings',
    singular: 'eventsourcemapping',
    shortNames: ['esm'],
    spec: EventSourceMappingSpec,
    status: EventSourceMappingStatus,
    columns: [
      FUNCTION_COLUMN,
      { name: 'Source', type: 'string', jsonPath: '.spec.eventSourceArn', priority: 1 },
      { name: 'Enabled', type: 'boolean', jsonPath: '.spec.enabled' },
      READY_COLUMN,
      AGE_COLUMN,
    ],
    rules: EVENT_SOURCE_RULES,
  },
  LayerVersion: {
    description: 'One numbered archive of a layer, whose content functions find at /opt.',
    plural: 'layerversions',
    singular: 'layerversion',
    shortNames: ['layer'],
    spec: LayerVersionSpec,
    status: LayerVersionStatus,
    columns: [
      { name: 'Layer', type: 'string', jsonPath: '.spec.layerName' },
      { name: 'Version', type: 'string', jsonPath: '.status.version' },
      READY_COLUMN,
      { name: 'Reason', type: 'string', jsonPath: READY_REASON, priority: 1 },
      { name: 'ARN', type: 'string', jsonPath: '.status.layerVersionArn', priority: 1 },
      AGE_COLUMN,
    ],
    rules: LAYER_VERSION_RULES,
  },
  CodeSigningConfig: {
    description: 'Whose signatures functions accept, and what becomes of code without one.',
    plural: 'codesigningconfigs',
    singular: 'codesigningconfig',
    shortNames: ['csc'],
    spec: CodeSigningConfigSpec,
    status: CodeSigningConfigStatus,
    columns: [
      {
        name: 'Untrusted',
        type: 'string',
        jsonPath: '.spec.policies.untrustedArtifactOnDeployment',
      },
      READY_COLUMN,
      { name: 'ARN', type: 'string', jsonPath: '.status.codeSigningConfigArn', priority: 1 },
      AGE_COLUMN,
    ],
    rules: [],
  },
} as const satisfies Readonly<Record<KindName, KindDefinition>>;

/** The kinds by name, in the order in which documentation lists them. */
export const KIND_NAMES = [
  'Function',
  'Version',
  'Alias',
  'EventSourceMapping',
  'LayerVersion',
  'CodeSigningConfig',
] as const;

/** The parsed, defaulted spec of a kind. */
export type SpecOf<K extends KindName> = z.output<(typeof KINDS)[K]['spec']>;

/** Whether a manifest's `kind` is one of ours. */
export function isKindName(value: unknown): value is KindName {
  return KIND_NAMES.some((kind) => kind === value);
}

const UNSERVED = {
  Function: undefined,
  Version: undefined,
  Alias: undefined,
  EventSourceMapping: 'EventSourceMapping objects are kept but not served yet: no source is polled',
  LayerVersion: undefined,
  CodeSigningConfig: undefined,
} as const satisfies Readonly<Record<KindName, string | undefined>>;

/** Why objects of this kind do nothing yet, for their `Ready` condition; undefined when they are served. */
export function unservedKindReason<K extends KindName>(kind: K): (typeof UNSERVED)[K] {
  return UNSERVED[kind];
}
