import { eventually } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';
import { API_NAMESPACE, apply, kubectl } from './cluster.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

/** What a test reads of a Version, an Alias or a Function. */
export interface Found {
  readonly metadata: {
    readonly generation: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly version?: number;
    readonly snapshot?: { readonly codeSha256: string; readonly configuration: object };
  };
  readonly status?: {
    readonly version?: string;
    readonly functionArn?: string;
    readonly latestVersion?: string;
    readonly routing?: object;
    readonly provisionedConcurrency?: object;
    readonly conditions?: readonly Condition[];
  };
}

/** Kinds that releases are made of. */
export type Kind = 'Version' | 'Alias';

/** The object as it is now. */
export function find(kind: Kind | 'Function', name: string): Found {
  const resource = `${kind.toLowerCase()}.mayfly.dev/${name}`;
  return JSON.parse(kubectl('get', resource, '-n', API_NAMESPACE, '-ojson')) as Found;
}

/** Deletes it, if it is there, and does not wait. */
export function remove(kind: Kind, name: string): void {
  const resource = `${kind.toLowerCase()}.mayfly.dev/${name}`;
  kubectl('delete', resource, '-n', API_NAMESPACE, '--ignore-not-found', '--wait=false');
}

/** Applies one that goes with the test. */
export function put(kind: Kind, name: string, spec: object): void {
  onTestFinished(() => {
    remove(kind, name);
  });
  change(kind, name, spec);
}

/** Applies an object. */
export function change(kind: Kind | 'Function', name: string, spec: object): void {
  const metadata = { name, namespace: API_NAMESPACE };
  apply({ apiVersion: 'mayfly.dev/v1alpha1', kind, metadata, spec });
}

/** Waits until the operator says so of the object as it is now: `True Published`. */
export function says(kind: Kind, name: string, wanted: string): Promise<Found> {
  return eventually(
    () => {
      const object = find(kind, name);
      const [ready] = object.status?.conditions ?? [];
      const isCurrent = ready?.observedGeneration === object.metadata.generation;
      if (!isCurrent || `${ready.status} ${ready.reason}` !== wanted) {
        throw new Error(`${kind} ${name} says ${JSON.stringify(object.status)}`);
      }
      return object;
    },
    { timeoutMs: 20_000, intervalMs: 200 },
  );
}

/** Waits until it is no more. */
export function gone(kind: Kind, name: string): Promise<void> {
  return eventually(
    () => {
      const resource = `${kind.toLowerCase()}.mayfly.dev`;
      const left = kubectl('get', resource, name, '-n', API_NAMESPACE, '--ignore-not-found');
      if (left !== '') throw new Error(`${name} is still there`);
    },
    { timeoutMs: 20_000, intervalMs: 200 },
  );
}
