import type { CreateRequest } from '@mayfly/core';
import { makePod, makePodName, type PodManifest, type PodSettings } from '@mayfly/manifests';
import { makeAgentToken, type PodRef } from './agent-token.ts';
import { makeEmulatorVariables } from './emulated-pods.ts';
import { makePodSeal } from './pod-seal.ts';

/** Makes the pod that a request asks for, and its name. */
export function makeFunctionPod(
  {
    executionEnvironmentId,
    key,
    isProvisioned,
    owner,
    configuration,
    image,
    assignment,
  }: CreateRequest,
  made: {
    readonly clusterKey: Uint8Array;
    readonly settings: PodSettings;
    readonly avoidedNodes: readonly string[];
  },
): { readonly ref: PodRef; readonly pod: PodManifest } {
  const { clusterKey, settings, avoidedNodes } = made;
  const ref = { namespace: key.namespace, name: makePodName(owner.name, executionEnvironmentId) };
  const pod = makePod({
    executionEnvironmentId,
    key,
    isProvisioned,
    owner,
    configuration,
    image,
    emulator: assignment && makeEmulatorVariables(assignment),
    agentToken: makeAgentToken(clusterKey, ref),
    seal: makePodSeal(clusterKey, ref),
    settings,
    avoidedNodes,
  });
  return { ref, pod };
}
