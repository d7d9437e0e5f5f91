import { SUPERVISOR_SCRIPT, type RevisionKey } from '@mayfly/core';
import { architectureOf } from './architecture.ts';
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
  CONTROL_DIR,
  DEFAULT_EPHEMERAL_STORAGE_MB,
  FUNCTION_CONTAINER,
  RUNTIME_API_PORT,
  SHUTDOWN_GRACE_SECONDS,
  TASK_ROOT,
  type PodConfiguration,
  type PodSettings,
} from './pod-settings.ts';
import { makeSchedulingFields, makeTolerations } from './pod-template.ts';
import { makeFunctionResources } from './resources.ts';

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
    readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[];
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What a pod is made for. */
export interface PodRequest {
  readonly executionEnvironmentId: string;
  readonly key: RevisionKey;
  readonly owner: PodOwner;
  readonly configuration: PodConfiguration;
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
}

/** Code runs as Lambda's own user and group do (sbx_user); the agent is somebody else. */
const FUNCTION_USER = { runAsUser: 993, runAsGroup: 990 } as const;
const AGENT_USER = { runAsUser: 65532, runAsGroup: 65532 } as const;
const FS_GROUP = 990;
/** Unpacked code has at most 250 MB, and is moved within the volume. */
const TASK_VOLUME_LIMIT = '512Mi';
/** FIFOs and a file of variables, in memory because there may be secrets among them. */
const CONTROL_VOLUME_LIMIT = '4Mi';
/** Grace of a spare pod that somebody else deletes: nobody knew the timeout when it was made. */
const SPARE_TIMEOUT_SECONDS = 30;
const TOKEN_SECONDS = 3607;
const TOKEN_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
} as const;

/** Kubernetes itself expands `$(NAME)` in commands, and `$$` stands for one `$`. */
function escape(command: string): string {
  return command.replaceAll('$', () => '$$');
}

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
      ...mergeMarks(makeFunctionMarks(key, executionEnvironmentId), request),
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
    spec: makeSpec(configuration, { ...request, isSpare: true }),
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
export function makeOwnerReference(owner: PodOwner): Readonly<Record<string, unknown>> {
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
  'executionEnvironmentId' | 'agentToken' | 'settings' | 'avoidedNodes'
> & { readonly isSpare?: boolean };

// The platform's own win: what it finds its pods by is not the user's to change.
function mergeMarks(
  marks: Marks,
  {
    configuration,
    executionEnvironmentId,
    seal,
  }: Pick<PodRequest, 'configuration' | 'executionEnvironmentId' | 'seal'>,
): Marks {
  const template = configuration.podTemplate;
  return {
    labels: { ...omitOwn(template?.labels), ...marks.labels },
    annotations: {
      ...omitOwn(template?.annotations),
      // Its log is the function's.
      'kubectl.kubernetes.io/default-container': AGENT_CONTAINER,
      ...marks.annotations,
      [ANNOTATIONS.agent]: executionEnvironmentId,
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
    ...made.settings.imagePullSecrets.map((name) => ({ name })),
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
    // The agent first: it starts while the other container is being made. See ADR 0007.
    containers: [makeAgentContainer(made), makeFunctionContainer(configuration, made.settings)],
    volumes: makeVolumes(configuration),
  };
}

function makeAgentContainer({
  settings,
  executionEnvironmentId,
  agentToken,
  isSpare = false,
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
      ...(isSpare ? [{ name: 'MAYFLY_IS_SPARE', value: '1' }] : []),
      fromField('MAYFLY_POD_IP', 'status.podIP'),
      fromField('MAYFLY_POD_NAME', 'metadata.name'),
      fromField('MAYFLY_POD_NAMESPACE', 'metadata.namespace'),
    ],
    // The limit is room for the largest archive on its way to the disk; an agent that waits needs a tenth.
    resources: { requests: { cpu: '5m', memory: '32Mi' }, limits: { memory: '384Mi' } },
    securityContext: { ...CONTAINER_SECURITY, ...AGENT_USER },
    volumeMounts: [
      { name: 'task', mountPath: TASK_ROOT },
      { name: 'opt', mountPath: '/opt' },
      { name: 'control', mountPath: CONTROL_DIR },
    ],
  };
}

function fromField(name: string, fieldPath: string): unknown {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

function makeFunctionContainer(configuration: PodConfiguration, settings: PodSettings): unknown {
  const { memorySize, runtime, serviceAccountName, podTemplate } = configuration;
  const image = settings.runtimeImages[runtime];
  if (image === undefined) throw new Error(`there is no image of the runtime ${runtime}`);
  return {
    name: FUNCTION_CONTAINER,
    image,
    imagePullPolicy: settings.imagePullPolicy,
    command: ['/bin/sh', '-c', escape(SUPERVISOR_SCRIPT), 'mayfly-supervisor', CONTROL_DIR],
    resources: makeFunctionResources(memorySize, {
      requestRatio: settings.cpuRequestRatio,
      isBoosted: true,
    }),
    resizePolicy: ['cpu', 'memory'].map((resourceName) => ({
      resourceName,
      restartPolicy: 'NotRequired',
    })),
    securityContext: { ...CONTAINER_SECURITY, ...FUNCTION_USER },
    volumeMounts: [
      { name: 'task', mountPath: TASK_ROOT, readOnly: true },
      { name: 'opt', mountPath: '/opt', readOnly: true },
      { name: 'control', mountPath: CONTROL_DIR },
      { name: 'tmp', mountPath: '/tmp' },
      ...(serviceAccountName === undefined
        ? []
        : [{ name: 'service-account-token', mountPath: TOKEN_DIR, readOnly: true }]),
      ...(podTemplate?.volumeMounts ?? []),
    ],
  };
}

function makeVolumes(configuration: PodConfiguration): readonly unknown[] {
  const { serviceAccountName, podTemplate } = configuration;
  const tmpMb = configuration.ephemeralStorage ?? DEFAULT_EPHEMERAL_STORAGE_MB;
  return [
    { name: 'task', emptyDir: { sizeLimit: TASK_VOLUME_LIMIT } },
    { name: 'opt', emptyDir: { sizeLimit: TASK_VOLUME_LIMIT } },
    { name: 'control', emptyDir: { medium: 'Memory', sizeLimit: CONTROL_VOLUME_LIMIT } },
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
