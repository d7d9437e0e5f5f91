import { AGENT_CONTAINER, FUNCTION_CONTAINER } from '@mayfly/manifests';
import type { Cause, ContainerStatus, PodObject } from './pod-ports.ts';

/** What a pod's status means for the execution environment that it is. */
export type PodVerdict =
  | { readonly kind: 'fine' }
  /** It can run no more code. */
  | { readonly kind: 'ended'; readonly message: string; readonly reason?: string }
  /** It will never run code, or not any more; what runs of it is to be ended. */
  | { readonly kind: 'hopeless'; readonly message: string; readonly reason: string }
  /** No node has room for it: so far. */
  | { readonly kind: 'unschedulable'; readonly message: string };

const IMAGE_FAILURES = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ErrInvalidImageName',
  'ImageInspectError',
]);
const CONTAINER_FAILURES = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CreatePodSandboxError',
]);
const FINE = { kind: 'fine' } as const;

/** Reads the status of a pod. */
export function judgePod(pod: PodObject): PodVerdict {
  return judgeEnd(pod) ?? judgeContainers(pod) ?? judgeScheduling(pod) ?? FINE;
}

function judgeEnd(pod: PodObject): PodVerdict | undefined {
  const { phase } = pod.status ?? {};
  const lost = findCondition(pod, 'DisruptionTarget', 'DeletionByTaintManager');
  if (lost !== undefined) {
    const node = pod.spec?.nodeName ?? 'its node';
    return { kind: 'ended', reason: 'NodeLost', message: `The node ${node} does not answer.` };
  }
  if (phase === 'Failed' || phase === 'Succeeded' || isTerminated(pod)) {
    return { kind: 'ended', ...describeEnd(pod) };
  }
  return undefined;
}

/** A pod that is deleted shows its ended containers before it goes. */
function isTerminated(pod: PodObject): boolean {
  if (pod.metadata?.deletionTimestamp === undefined) return false;
  const all = statusesOf(pod);
  return all.length > 0 && all.every(({ state }) => state?.terminated !== undefined);
}

function describeEnd(pod: PodObject): { readonly message: string; readonly reason?: string } {
  const { reason, message } = pod.status ?? {};
  if (reason !== undefined && reason !== '') {
    return { reason, message: message ?? `The pod has ended: ${reason}.` };
  }
  if (isOutOfMemory(pod)) {
    return { reason: 'OutOfMemory', message: 'The function used more memory than memorySize.' };
  }
  if (pod.metadata?.deletionTimestamp !== undefined) return { message: 'The pod was deleted.' };
  return { message: "The function's container has ended." };
}

function isOutOfMemory(pod: PodObject): boolean {
  return findStatus(pod, FUNCTION_CONTAINER)?.state?.terminated?.reason === 'OOMKilled';
}

function judgeContainers(pod: PodObject): PodVerdict | undefined {
  // Nobody asks one that is on its way out why it does not start.
  if (pod.metadata?.deletionTimestamp !== undefined) return undefined;
  const ended = judgeEndedContainer(pod);
  if (ended !== undefined) return ended;
  for (const { state } of statusesOf(pod)) {
    const verdict = state?.waiting === undefined ? undefined : judgeWaiting(state.waiting);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

/** One container has ended and the other has not noticed yet. */
function judgeEndedContainer(pod: PodObject): PodVerdict | undefined {
  if (hasAgentEnded(pod)) {
    return { kind: 'hopeless', reason: 'AgentEnded', message: 'The agent has ended.' };
  }
  if (findStatus(pod, FUNCTION_CONTAINER)?.state?.terminated === undefined) return undefined;
  return { kind: 'hopeless', reason: 'ContainerEnded', ...describeEnd(pod) };
}

function hasAgentEnded(pod: PodObject): boolean {
  const { restartCount = 0, state } = findStatus(pod, AGENT_CONTAINER) ?? {};
  return restartCount > 0 || state?.terminated !== undefined;
}

function judgeWaiting({ reason = '', message }: Cause): PodVerdict | undefined {
  const detail = message === undefined || message === '' ? reason : message;
  if (IMAGE_FAILURES.has(reason)) {
    const text = `The image could not be pulled: ${detail}`;
    return { kind: 'hopeless', reason: 'ImagePullFailed', message: text };
  }
  if (CONTAINER_FAILURES.has(reason)) {
    const text = `The container could not be made: ${detail}`;
    return { kind: 'hopeless', reason: 'ContainerFailed', message: text };
  }
  return undefined;
}

function judgeScheduling(pod: PodObject): PodVerdict | undefined {
  const condition = findCondition(pod, 'PodScheduled', 'Unschedulable');
  if (condition?.status !== 'False') return undefined;
  return {
    kind: 'unschedulable',
    message: `No node has room for the pod: ${condition.message ?? 'unschedulable'}`,
  };
}

function findCondition(
  pod: PodObject,
  type: string,
  reason: string,
): (Cause & { readonly status: string }) | undefined {
  return pod.status?.conditions?.find((one) => one.type === type && one.reason === reason);
}

function statusesOf({ status }: PodObject): readonly ContainerStatus[] {
  return status?.containerStatuses ?? [];
}

function findStatus(pod: PodObject, name: string): ContainerStatus | undefined {
  return statusesOf(pod).find((one) => one.name === name);
}
