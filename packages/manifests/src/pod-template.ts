import { ARCHITECTURE_LABEL, NODE_ARCHITECTURES, type Architecture } from './architecture.ts';

/** What users may add to the pods of a function. The deep types are Kubernetes' own and pass through. */
export interface PodTemplate {
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  readonly tolerations?: readonly unknown[] | undefined;
  readonly affinity?: unknown;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly runtimeClassName?: string | undefined;
  readonly priorityClassName?: string | undefined;
  readonly topologySpreadConstraints?: readonly unknown[] | undefined;
  readonly volumes?: readonly unknown[] | undefined;
  readonly volumeMounts?: readonly unknown[] | undefined;
  readonly imagePullSecrets?: readonly unknown[] | undefined;
}

/** Taints of a node that does not answer. */
const NODE_LOSS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
/** Execution environments are made again elsewhere: there is no use in waiting five minutes. */
const NODE_LOSS_SECONDS = 30;

/** The user's tolerations, and ours of a lost node unless the user has others. */
export function makeTolerations(users: readonly unknown[] = []): readonly unknown[] {
  const keys = new Set(users.map((one) => (one as { readonly key?: unknown }).key));
  const ours = NODE_LOSS.filter((key) => !keys.has(key)).map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: NODE_LOSS_SECONDS,
  }));
  return [...users, ...ours];
}

const PASSED_ON = [
  'affinity',
  'runtimeClassName',
  'priorityClassName',
  'topologySpreadConstraints',
] as const satisfies readonly (keyof PodTemplate)[];

/** Where a pod can run: as a template says, on nodes of its architecture, rather not on these. */
export function makeSchedulingFields(
  template: PodTemplate,
  architecture: Architecture,
  avoidedNodes: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  const fields = {
    // The user's own wins: emulation makes a node run what it says it cannot.
    nodeSelector: {
      [ARCHITECTURE_LABEL]: NODE_ARCHITECTURES[architecture],
      ...template.nodeSelector,
    },
    ...Object.fromEntries(
      PASSED_ON.filter((name) => template[name] !== undefined).map((name) => [
        name,
        template[name],
      ]),
    ),
  };
  if (avoidedNodes.length === 0) return fields;
  return { ...fields, affinity: addAvoidance(template.affinity, avoidedNodes) };
}

interface NodeAffinity {
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly unknown[];
}

/** A wish, not a rule: where there is no other node, these are tried. */
function addAvoidance(affinity: unknown, nodeNames: readonly string[]): unknown {
  const users = (affinity ?? {}) as { readonly nodeAffinity?: NodeAffinity };
  const wishes = nodeNames.map((name) => ({
    weight: 100,
    preference: { matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: [name] }] },
  }));
  return {
    ...users,
    nodeAffinity: {
      ...users.nodeAffinity,
      preferredDuringSchedulingIgnoredDuringExecution: [
        ...(users.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
        ...wishes,
      ],
    },
  };
}
