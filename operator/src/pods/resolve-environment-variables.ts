import type { AssignRequest } from '@mayfly/core';
import type { ReferenceReader } from './pod-ports.ts';

/** A key of a Secret or ConfigMap. */
export interface KeyReference {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean | undefined;
}

/** A Secret or ConfigMap. */
export interface ObjectReference {
  readonly name: string;
  readonly optional?: boolean | undefined;
}

/** An entry of `environment.from`: one variable of a key, or a variable of each key. */
export interface EnvironmentSource {
  readonly name?: string | undefined;
  readonly prefix?: string | undefined;
  readonly secretKeyRef?: KeyReference | undefined;
  readonly configMapKeyRef?: KeyReference | undefined;
  readonly secretRef?: ObjectReference | undefined;
  readonly configMapRef?: ObjectReference | undefined;
}

/**
 * All variables of a function: those that are written in it win over those that it refers to.
 * @throws Error that names what is missing, in the user's words
 */
export async function resolveAssignedVariables(
  { key, environmentVariables, configuration }: AssignRequest,
  reader: ReferenceReader,
  signal?: AbortSignal,
): Promise<Variables> {
  const sources = configuration.environment?.from ?? [];
  if (sources.length === 0) return environmentVariables;
  const where = { namespace: key.namespace, reader };
  return {
    ...(await resolveEnvironmentVariables(sources, where, signal)),
    ...environmentVariables,
  };
}

type Variables = Readonly<Record<string, string>>;

const VARIABLE_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/;

/**
 * The variables that `environment.from` stands for; later entries win over earlier ones.
 * @throws Error that names what is missing, in the user's words
 */
export async function resolveEnvironmentVariables(
  sources: readonly EnvironmentSource[],
  { namespace, reader }: { readonly namespace: string; readonly reader: ReferenceReader },
  signal?: AbortSignal,
): Promise<Variables> {
  const read = (kind: 'Secret' | 'ConfigMap', name: string): Promise<Variables | undefined> =>
    kind === 'Secret'
      ? reader.readSecret({ namespace, name }, signal)
      : reader.readConfigMap({ namespace, name }, signal);
  const all = await Promise.all(sources.map((source) => resolveSource(source, namespace, read)));
  return Object.assign({}, ...all) as Variables;
}

type Read = (kind: 'Secret' | 'ConfigMap', name: string) => Promise<Variables | undefined>;

async function resolveSource(
  source: EnvironmentSource,
  namespace: string,
  read: Read,
): Promise<Variables> {
  const { kind, reference } = pickReference(source);
  if (reference === undefined) return {};
  const data = await read(kind, reference.name);
  const where = `environment.from: ${kind} ${namespace}/${reference.name}`;
  const { key } = reference;
  const isOptional = reference.optional === true;
  if (data === undefined) {
    if (isOptional) return {};
    throw new Error(`${where} does not exist`);
  }
  if (key === undefined) return addPrefix(data, source.prefix ?? '');
  const value = data[key];
  if (value !== undefined) return { [source.name ?? key]: value };
  if (isOptional) return {};
  throw new Error(`${where} has no key ${key}`);
}

// As Kubernetes does: keys that cannot be names of variables are left out.
function addPrefix(data: Variables, prefix: string): Variables {
  return Object.fromEntries(
    Object.entries(data)
      .map(([key, value]) => [prefix + key, value] as const)
      .filter(([name]) => VARIABLE_NAME.test(name)),
  );
}

function pickReference(source: EnvironmentSource): {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly reference: (ObjectReference & { readonly key?: string }) | undefined;
} {
  const secret = source.secretKeyRef ?? source.secretRef;
  if (secret !== undefined) return { kind: 'Secret', reference: secret };
  return { kind: 'ConfigMap', reference: source.configMapKeyRef ?? source.configMapRef };
}
