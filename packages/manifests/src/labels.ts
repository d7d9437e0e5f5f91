import type { RevisionKey } from '@mayfly/core';
import { computeNameHash } from './names.ts';

/** Keys of labels. */
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'mayfly.dev/component',
  /** The function's name, or a hash of one that is no label. */
  function: 'mayfly.dev/function',
  revision: 'mayfly.dev/revision',
  executionEnvironment: 'mayfly.dev/execution-environment',
  /** The pool that a spare pod was made for; absent once it has a function. */
  pool: 'mayfly.dev/pool',
  /** `OnChange` on a Version that its Function has published by itself. */
  publishedBy: 'mayfly.dev/published-by',
  /** `true` on the pod of the leading operator. */
  leader: 'mayfly.dev/leader',
} as const;

/** Keys of annotations: what labels cannot hold. */
export const ANNOTATIONS = {
  functionName: 'mayfly.dev/function-name',
  revision: 'mayfly.dev/revision',
  /** Made ahead of invocations; absent when on demand. */
  provisioned: 'mayfly.dev/provisioned-concurrency',
  /** The id that the agent was started with; another than the execution environment's if it was a spare. Absent without an agent. */
  agent: 'mayfly.dev/agent',
  /** Who can make this knows the cluster key, so the operator made the pod: labels can be anybody's. */
  seal: 'mayfly.dev/seal',
} as const;

/** Values of labels. */
export const MANAGED_BY = 'mayfly';
/** `mayfly.dev/component` of execution environments, spare ones too. */
export const FUNCTION_COMPONENT = 'function';

/** Finds every pod that is an execution environment or may become one. */
export const FUNCTION_PODS_SELECTOR = `${LABELS.managedBy}=${MANAGED_BY},${LABELS.component}=${FUNCTION_COMPONENT}`;

const LABEL_VALUE = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** The text where it can be a label's value, else a hash of it. */
export function toLabelValue(text: string): string {
  return LABEL_VALUE.test(text) ? text : `h-${computeNameHash(text)}`;
}

/** Labels and annotations. */
export interface Marks {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Keys of labels and annotations that are the platform's alone. */
export const OWN_PREFIX = 'mayfly.dev/';

const EVERY_POD = {
  [LABELS.managedBy]: MANAGED_BY,
  [LABELS.component]: FUNCTION_COMPONENT,
} as const;

/** What a pod's marks say. */
export interface MarkedFor {
  readonly key: RevisionKey;
  readonly executionEnvironmentId: string;
  readonly isProvisioned?: boolean;
}

/** What says whose execution environment a pod is. */
export function makeFunctionMarks({
  key,
  executionEnvironmentId,
  isProvisioned,
}: MarkedFor): Marks {
  return {
    labels: {
      ...EVERY_POD,
      [LABELS.function]: toLabelValue(key.functionName),
      [LABELS.revision]: toLabelValue(key.revision),
      [LABELS.executionEnvironment]: executionEnvironmentId,
    },
    annotations: {
      [ANNOTATIONS.functionName]: key.functionName,
      [ANNOTATIONS.revision]: key.revision,
      ...(isProvisioned === true ? { [ANNOTATIONS.provisioned]: 'true' } : {}),
    },
  };
}

/** What says that a pod is a spare one of a pool. */
export function makeSpareMarks(poolId: string, executionEnvironmentId: string): Marks {
  return {
    labels: {
      ...EVERY_POD,
      [LABELS.pool]: poolId,
      [LABELS.executionEnvironment]: executionEnvironmentId,
    },
    annotations: {},
  };
}
