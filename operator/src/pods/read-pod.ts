import { ANNOTATIONS, LABELS } from '@mayfly/manifests';
import type { PodRef } from './agent-token.ts';
import type { PodObject } from './pod-ports.ts';
import type { TrackedPod } from './tracked-pod.ts';

/** Names a pod. */
export function refOf({ metadata }: PodObject): PodRef {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

/** What a former operator wrote on a pod that it made or took; undefined when it is not one of a function. */
export function readFunctionMarks({ metadata = {} }: PodObject):
  | (Pick<TrackedPod, 'executionEnvironmentId' | 'agentId' | 'isEmulated' | 'key'> & {
      readonly isProvisioned: boolean;
      readonly createdMs: number;
    })
  | undefined {
  const { labels = {}, annotations = {}, namespace = '', creationTimestamp = 0 } = metadata;
  const executionEnvironmentId = labels[LABELS.executionEnvironment];
  const functionName = annotations[ANNOTATIONS.functionName];
  const revision = annotations[ANNOTATIONS.revision];
  if (executionEnvironmentId === undefined || functionName === undefined) return undefined;
  if (revision === undefined) return undefined;
  return {
    executionEnvironmentId,
    agentId: annotations[ANNOTATIONS.agent] ?? executionEnvironmentId,
    isEmulated: annotations[ANNOTATIONS.agent] === undefined,
    key: { namespace, functionName, revision },
    isProvisioned: annotations[ANNOTATIONS.provisioned] === 'true',
    createdMs: new Date(creationTimestamp).getTime(),
  };
}
