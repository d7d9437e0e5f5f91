import type { OwnerReference, ResolvedImage } from '@mayfly/api';
import type { RevisionKey, SpareFacts } from '@mayfly/core';
import { architectureOf } from './architecture.ts';
import { CONTAINER_SECURITY } from './container-security.ts';
import {
  LENT_SHELL,
  makeCodeMounts,
  makeEmulatorContainer,
  makeSupervisedContainer,
  type EmulatorVariables,
} from './function-container.ts';
import {
  ANNOTATIONS,
  makeFunctionMarks,
  makeSpareMarks,
  OWN_PREFIX,
  type Marks,
} from './labels.ts';
import { computeNameHash, makePodName } from './names.ts';
import {
  AGENT_CONTAINER,
  AGENT_PORT,
  AGENT_SHELL,
  CONTROL_DIR,
  DEFAULT_EPHEMERAL_STORAGE_MB,
  FUNCTION_CONTAINER,
  RUNTIME_API_PORT,
  SHUTDOWN_GRACE_SECONDS,
  type PodConfiguration,
  type PodSettings,
} from './pod-settings.ts';
import { makeSchedulingFields, makeTolerations } from './pod-template.ts';

export type { OwnerReference } from '@mayfly/api';

/** The Function that a pod belongs to. */
export interface PodOwner {
  readonly name: string;
  readonly uid: string;
}

/** A pod to be created. */
export interface PodManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What a pod is made for. */
export interface PodRequest {
  readonly executionEnvironmentId: string;
  readonly key: RevisionKey;
  /** Made ahead of invocations, as provisioned concurrency. */
  readonly isProvisioned?: boolean;
  readonly owner: PodOwner;
  readonly configuration: PodConfiguration;
  /** Undefined where an archive runs on the image of its runtime. */
  readonly image?: ResolvedImage | undefined;
  /** With it the image's own emulator serves, without an agent: nothing can be told to it later. */
  readonly emulator?: EmulatorVariables | undefined;
  readonly agentToken: string;
  /** Proves that the pod is the operator's. */
  readonly seal: string;
  readonly settings: PodSettings;
  /** Names of nodes where it should not be, if it can be elsewhere. */
  readonly avoidedNodes?: readonly string[];
}

/** What a spare pod is made for. */
export interface SparePodRequest {
  readonly executionEnvironmentId: string;
  readonly pool: {
    readonly namespace: string;
    readonly runtime: string;
    readonly memorySize: number;
  };
  readonly agentToken: string;
  /** Proves that the pod is the operator's, and of this pool. */
  readonly seal: string;
  readonly settings: PodSettings;
  /** Names of nodes where it had better not be. */
  readonly avoidedNodes?: readonly string[];
}

const AGENT_USER = { runAsUser: 65532, runAsGroup: 65532 } as const;
const FS_GROUP = 990;
/** Unpacked code has at most 250 MB, and is moved within the volume. */
const TASK_VOLUME_LIMIT = '512Mi';
/** FIFOs and a file of variables, in memory because there may be secrets among them. */
const CONTROL_VOLUME_LIMIT = '4Mi';
/** Grace of a spare pod that somebody else deletes: nobody knew the timeout when it was made. */
const SPARE_TIMEOUT_SECONDS = 30;
const TOKEN_SECONDS = 3607;

/** Makes the pod that is one execution environment of a function. */
export function makePod(request: PodRequest): PodManifest {
  const { configuration, executionEnvironmentId, key, owner } = request;
  const name = makePodName(owner.name, executionEnvironmentId);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: key.namespace,
      ...mergeMarks(makeFunctionMarks(request), request),
      ownerReferences: [makeOwnerReference(owner)],
    },
    spec: makeSpec(configuration, request),
  };
}

/** Makes a pod that waits for a function. */
export function makeSparePod(request: SparePodRequest): PodManifest {
  const { pool, executionEnvironmentId, seal, settings } = request;
  const configuration = { ...pool, timeout: SPARE_TIMEOUT_SECONDS };
  const marks = makeSpareMarks(makePoolId(pool, settings), executionEnvironmentId);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: makePodName('mayfly-spare', executionEnvironmentId),
      namespace: pool.namespace,
      ...mergeMarks(marks, { configuration, executionEnvironmentId, seal }),
    },
    spec: makeSpec(configuration, {
      ...request,
      spare: { runtime: pool.runtime, memorySizeMb: pool.memorySize },
    }),
  };
}

/** Names everything that shows in a spare pod: pods made with other settings are of another pool. */
export function makePoolId(pool: SparePodRequest['pool'], settings: PodSettings): string {
  const image = settings.runtimeImages[pool.runtime];
  return computeNameHash(
    JSON.stringify([
      pool.namespace,
      pool.runtime,
      pool.memorySize,
      image,
      { ...settings, runtimeImages: {} },
    ]),
  );
}

/** The reference by which Kubernetes deletes the pods of a Function that is deleted. */
export function makeOwnerReference(owner: PodOwner): OwnerReference {
  return {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Function',
    name: owner.name,
    uid: owner.uid,
    controller: true,
    blockOwnerDeletion: false,
  };
}

type Made = Pick<
  PodRequest,
  'executionEnvironmentId' | 'agentToken' | 'settings' | 'avoidedNodes' | 'image' | 'emulator'
> & { readonly spare?: SpareFacts };

// The platform's own win: what it finds its pods by is not the user's to change.
function mergeMarks(
  marks: Marks,
  {
    configuration,
    emulator,
    executionEnvironmentId,
    seal,
  }: Pick<PodRequest, 'configuration' | 'emulator' | 'executionEnvironmentId' | 'seal'>,
): Marks {
  const template = configuration.podTemplate;
  return {
    labels: { ...omitOwn(template?.labels), ...marks.labels },
    annotations: {
      ...omitOwn(template?.annotations),
      // Its log is the function's.
      'kubectl.kubernetes.io/default-container':
        emulator === undefined ? AGENT_CONTAINER : FUNCTION_CONTAINER,
      ...marks.annotations,
      ...(emulator === undefined ? { [ANNOTATIONS.agent]: executionEnvironmentId } : {}),
      [ANNOTATIONS.seal]: seal,
    },
  };
}

/** The API refuses them, but not in objects from before it did. A pool's label would make a spare of the pod. */
function omitOwn(marks: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(marks).filter(([key]) => !key.startsWith(OWN_PREFIX)));
}

function makeSpec(configuration: PodConfiguration, made: Made): Readonly<Record<string, unknown>> {
  const { serviceAccountName, podTemplate: template = {} } = configuration;
  const pullSecrets = [
    ...[...made.settings.imagePullSecrets, ...(made.image?.pullSecrets ?? [])].map((name) => ({
      name,
    })),
    ...(template.imagePullSecrets ?? []),
  ];
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: configuration.timeout + SHUTDOWN_GRACE_SECONDS,
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...makeSchedulingFields(
      template,
      architectureOf(configuration, made.settings),
      made.avoidedNodes,
    ),
    ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
    tolerations: makeTolerations(template.tolerations),
    securityContext: {
      runAsNonRoot: true,
      fsGroup: FS_GROUP,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: makeContainers(configuration, made),
    volumes: makeVolumes(configuration, made),
  };
}

function makeContainers(configuration: PodConfiguration, made: Made): readonly unknown[] {
  const { emulator, image, settings } = made;
  if (emulator !== undefined && image !== undefined) {
    return [makeEmulatorContainer(configuration, { settings, image, emulator })];
  }
  // The agent first: it starts while the other container is being made. See ADR 0007.
  return [makeAgentContainer(made), makeSupervisedContainer(configuration, made)];
}

function makeAgentContainer({
  settings,
  executionEnvironmentId,
  agentToken,
  image,
  spare,
}: Made): unknown {
  return {
    name: AGENT_CONTAINER,
    image: settings.agentImage,
    imagePullPolicy: settings.imagePullPolicy,
    ports: [{ name: 'invocations', containerPort: AGENT_PORT }],
    env: [
      { name: 'MAYFLY_EXECUTION_ENVIRONMENT_ID', value: executionEnvironmentId },
      { name: 'MAYFLY_AGENT_TOKEN', value: agentToken },
      { name: 'MAYFLY_ANNOUNCE_URL', value: settings.announceUrl },
      { name: 'MAYFLY_AGENT_HOST', value: '0.0.0.0' },
      { name: 'MAYFLY_AGENT_PORT', value: AGENT_PORT.toString() },
      { name: 'MAYFLY_RUNTIME_API_PORT', value: RUNTIME_API_PORT.toString() },
      { name: 'MAYFLY_SUPERVISOR_DIR', value: CONTROL_DIR },
      ...makeSpareVariables(spare),
      fromField('MAYFLY_POD_IP', 'status.podIP'),
      fromField('MAYFLY_POD_NAME', 'metadata.name'),
      fromField('MAYFLY_POD_NAMESPACE', 'metadata.namespace'),
    ],
    // The limit is room for the largest archive on its way to the disk; an agent that waits needs a tenth.
    resources: { requests: { cpu: '5m', memory: '32Mi' }, limits: { memory: '384Mi' } },
    securityContext: { ...CONTAINER_SECURITY, ...AGENT_USER },
    ...(image === undefined ? {} : { lifecycle: LEND_SHELL }),
    volumeMounts: [
      ...(image === undefined ? makeCodeMounts() : []),
      { name: 'control', mountPath: CONTROL_DIR },
    ],
  };
}

// What functions may come: their runtime can be started before they are known.
function makeSpareVariables(spare: SpareFacts | undefined): readonly unknown[] {
  if (spare === undefined) return [];
  return [
    { name: 'MAYFLY_SPARE_RUNTIME', value: spare.runtime },
    { name: 'MAYFLY_SPARE_MEMORY_MB', value: spare.memorySizeMb.toString() },
  ];
}

// The user's image may have none. The kubelet starts the next container when this has been done.
const LEND_SHELL = { postStart: { exec: { command: ['cp', AGENT_SHELL, LENT_SHELL] } } };

function fromField(name: string, fieldPath: string): unknown {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

function makeVolumes(
  configuration: PodConfiguration,
  { image, emulator }: Pick<Made, 'image' | 'emulator'>,
): readonly unknown[] {
  const { serviceAccountName, podTemplate } = configuration;
  const tmpMb = configuration.ephemeralStorage ?? DEFAULT_EPHEMERAL_STORAGE_MB;
  const code = image === undefined ? ['task', 'opt'] : [];
  const control = emulator === undefined ? ['control'] : [];
  return [
    ...code.map((name) => ({ name, emptyDir: { sizeLimit: TASK_VOLUME_LIMIT } })),
    ...control.map((name) => ({
      name,
      emptyDir: { medium: 'Memory', sizeLimit: CONTROL_VOLUME_LIMIT },
    })),
    { name: 'tmp', emptyDir: { sizeLimit: `${tmpMb.toString()}Mi` } },
    ...(serviceAccountName === undefined ? [] : [makeTokenVolume()]),
    ...(podTemplate?.volumes ?? []),
  ];
}

// What automounting would mount, but into the function's container only.
function makeTokenVolume(): unknown {
  return {
    name: 'service-account-token',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: TOKEN_SECONDS } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}
