import type { ResolvedImage, ServedRevision } from '@mayfly/api';
import { LAMBDA_IMAGE, SUPERVISOR_SCRIPT } from '@mayfly/core';
import { CONTAINER_SECURITY, FUNCTION_USER } from './container-security.ts';
import {
  AGENT_PORT,
  CONTROL_DIR,
  FUNCTION_CONTAINER,
  type PodConfiguration,
  type PodSettings,
} from './pod-settings.ts';
import { makeFunctionResources } from './resources.ts';

/** Variables of a container that nobody can tell any later. */
export interface EmulatorVariables {
  readonly variables: Readonly<Record<string, string>>;
  /** `environment.from` of the Function: the kubelet reads what it names. */
  readonly from: readonly EnvironmentReference[];
}

/** An entry of `environment.from`. */
type EnvironmentReference = NonNullable<
  NonNullable<ServedRevision['configuration']['environment']>['from']
>[number];

/** Where an image finds the shell that the agent lends it. */
export const LENT_SHELL = `${CONTROL_DIR}/sh`;

const TOKEN_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Where code is that was not in the image. */
export function makeCodeMounts(options: { readonly readOnly?: true } = {}): readonly unknown[] {
  return [
    { name: 'task', mountPath: LAMBDA_IMAGE.taskRoot, ...options },
    { name: 'opt', mountPath: LAMBDA_IMAGE.layersRoot, ...options },
  ];
}

/** The user's code under the supervisor, as the agent says. */
export function makeSupervisedContainer(
  configuration: PodConfiguration,
  {
    settings,
    image,
  }: { readonly settings: PodSettings; readonly image?: ResolvedImage | undefined },
): unknown {
  const shell = image === undefined ? '/bin/sh' : LENT_SHELL;
  return {
    ...makeContainer(configuration, settings),
    image: image?.uri ?? findRuntimeImage(configuration, settings),
    command: [shell, '-c', escape(SUPERVISOR_SCRIPT), 'mayfly-supervisor', CONTROL_DIR],
    volumeMounts: [
      ...(image === undefined ? makeCodeMounts({ readOnly: true }) : []),
      { name: 'control', mountPath: CONTROL_DIR },
      ...makeMounts(configuration),
    ],
  };
}

/** The user's image as it is, with the Runtime Interface Emulator that is in it. */
export function makeEmulatorContainer(
  configuration: PodConfiguration,
  {
    settings,
    image,
    emulator,
  }: {
    readonly settings: PodSettings;
    readonly image: ResolvedImage;
    readonly emulator: EmulatorVariables;
  },
): unknown {
  const isKey = (each: EnvironmentReference): boolean =>
    each.secretKeyRef !== undefined || each.configMapKeyRef !== undefined;
  const env = [
    ...emulator.from.filter(isKey).map(makeKeyVariable),
    ...Object.entries(emulator.variables).map(([name, value]) => ({ name, value: escape(value) })),
  ];
  const envFrom = emulator.from
    .filter((each) => !isKey(each))
    .map(({ prefix, secretRef, configMapRef }) => ({ prefix, secretRef, configMapRef }));
  return {
    ...makeContainer(configuration, settings),
    image: image.uri,
    ...(image.entryPoint.length === 0 ? {} : { command: image.entryPoint.map(escape) }),
    ...(image.command.length === 0 ? {} : { args: image.command.map(escape) }),
    workingDir: image.workingDirectory,
    ports: [{ name: 'invocations', containerPort: AGENT_PORT }],
    env,
    ...(envFrom.length === 0 ? {} : { envFrom }),
    volumeMounts: makeMounts(configuration),
  };
}

function makeKeyVariable({ name, secretKeyRef, configMapKeyRef }: EnvironmentReference): unknown {
  return {
    name: name ?? (secretKeyRef ?? configMapKeyRef)?.key,
    valueFrom: secretKeyRef === undefined ? { configMapKeyRef } : { secretKeyRef },
  };
}

/** Kubernetes itself expands `$(NAME)` in commands and variables, and `$$` stands for one `$`. */
function escape(text: string): string {
  return text.replaceAll('$', () => '$$');
}

function makeContainer(configuration: PodConfiguration, settings: PodSettings): object {
  return {
    name: FUNCTION_CONTAINER,
    imagePullPolicy: settings.imagePullPolicy,
    resources: makeFunctionResources(configuration.memorySize, {
      requestRatio: settings.cpuRequestRatio,
      isBoosted: true,
    }),
    resizePolicy: ['cpu', 'memory'].map((resourceName) => ({
      resourceName,
      restartPolicy: 'NotRequired',
    })),
    securityContext: { ...CONTAINER_SECURITY, ...FUNCTION_USER },
  };
}

function makeMounts({ serviceAccountName, podTemplate }: PodConfiguration): readonly unknown[] {
  return [
    { name: 'tmp', mountPath: '/tmp' },
    ...(serviceAccountName === undefined
      ? []
      : [{ name: 'service-account-token', mountPath: TOKEN_DIR, readOnly: true }]),
    ...(podTemplate?.volumeMounts ?? []),
  ];
}

function findRuntimeImage({ runtime = '' }: PodConfiguration, settings: PodSettings): string {
  const image = settings.runtimeImages[runtime];
  if (image === undefined) throw new Error(`there is no image of the runtime ${runtime}`);
  return image;
}
