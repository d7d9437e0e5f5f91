import { PodApi, type KubeApi } from '@mayfly/kube';

/** The label by which the leader Service finds its pod. */
export const LEADER_LABEL = 'mayfly.dev/leader';

/** Which pod is ours. */
export interface PodIdentity {
  readonly namespace: string;
  readonly podName: string;
}

/** Makes the leader Service lead to this pod, and to no other: one that was cut off may still carry the label. */
export async function claimLeaderLabel(api: KubeApi, us: PodIdentity): Promise<void> {
  const pods = new PodApi(api);
  const labelled = await pods.list(`${LEADER_LABEL}=true`);
  const others = labelled
    .map(({ metadata }) => ({ namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' }))
    .filter(({ namespace, name }) => namespace === us.namespace && name !== us.podName);
  await Promise.all([
    pods.patchMetadata(
      { namespace: us.namespace, name: us.podName },
      { labels: { [LEADER_LABEL]: 'true' } },
    ),
    ...others.map((other) => pods.patchMetadata(other, { labels: { [LEADER_LABEL]: null } })),
  ]);
}

/** Takes the label off this pod. */
export async function dropLeaderLabel(api: KubeApi, us: PodIdentity): Promise<void> {
  await new PodApi(api).patchMetadata(
    { namespace: us.namespace, name: us.podName },
    { labels: { [LEADER_LABEL]: null } },
  );
}
