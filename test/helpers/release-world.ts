import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import {
  API_VERSION,
  applyDefaults,
  validateObject,
  validateSpec,
  type AliasResource,
  type FunctionResource,
  type ObjectMetaInput,
  type VersionResource,
} from '@mayfly/api';
import { FolderCodeStore } from '@mayfly/code';
import type { Kind, ResourceKinds } from '@mayfly/core';
import {
  makeInProcessFleetLink,
  SqliteResourceStore,
  type InProcessFleetLink,
} from '@mayfly/local';
import { loadConfig, run, type OperatorHandle } from '@mayfly/operator';
import { makeLogger, makeRegistry, systemClock } from '@mayfly/telemetry';
import { eventually, FakeDriver, useTemporaryFolder } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';

/** A change of a spec; a member that is undefined is taken away. */
export type SpecChange = Readonly<Record<string, unknown>>;

/** An operator on a store of its own, whose execution environments exist in name only. */
export interface ReleaseWorld {
  readonly store: SqliteResourceStore;
  readonly codeStore: FolderCodeStore;
  /** The driver of every operator that is started. */
  readonly driver: FakeDriver;
  /** Gateways reach every operator that is started. */
  readonly link: InProcessFleetLink;
  /** What was told of objects: `Warning VersionNotFound`. */
  readonly events: readonly string[];
  create<K extends Kind>(
    kind: K,
    metadata: string | ObjectMetaInput,
    spec: SpecChange,
  ): Promise<ResourceKinds[K]>;
  /** Changes the spec as a user does. */
  change(kind: Kind, name: string, spec: SpecChange): Promise<void>;
  remove(kind: Kind, name: string): Promise<void>;
  /** Makes or changes a Node.js function with this code, and waits until it is served. */
  serve(name: string, code: string, spec?: SpecChange): Promise<FunctionResource>;
  /** Waits until the operator says so of the object as it is now: `True Published`. */
  says<K extends Kind>(kind: K, name: string, ready: string): Promise<ResourceKinds[K]>;
  gone(kind: Kind, name: string): Promise<void>;
  /** The Versions that there are, `hello-1: 1` each. */
  versions(): Promise<string[]>;
  version(name: string): Promise<VersionResource>;
  alias(name: string): Promise<AliasResource>;
  /** Ends the operator, and starts another one on the same store. */
  restart(): Promise<void>;
}

const namespace = 'default';

/** Starts one; it goes with the test. */
export async function useReleaseWorld(): Promise<ReleaseWorld> {
  const folder = await useTemporaryFolder();
  const codeStore = new FolderCodeStore(path.join(folder, 'code'));
  const store = new SqliteResourceStore({
    path: path.join(folder, 'resources.db'),
    clock: systemClock,
    makeUid: randomUUID,
    validate: validateSpec,
    validateObject,
    applyDefaults,
  });
  const events: string[] = [];
  const parts = {
    store,
    codeStore,
    events,
    driver: new FakeDriver(),
    link: makeInProcessFleetLink(),
  };
  let operator = await startOperator(parts);
  onTestFinished(async () => {
    await operator.close();
    store.close();
  });
  const objects = makeObjects(store);
  return {
    ...objects,
    ...parts,
    async restart() {
      await operator.close();
      operator = await startOperator(parts);
    },
  };
}

/** What is there before an operator is, and after it. */
type Parts = Pick<ReleaseWorld, 'store' | 'codeStore' | 'driver' | 'link'> & {
  readonly events: string[];
};

function startOperator({ store, codeStore, events, driver, link }: Parts): Promise<OperatorHandle> {
  return run(
    {
      store,
      codeStore,
      versionNumbers: store.versionNumbers,
      driver,
      link: link.operator,
      code: {
        resolve: async ({ spec }) => ({
          kind: 'resolved',
          ...(await codeStore.put(Buffer.from(spec.code.inline ?? ''))),
        }),
      },
      events: {
        record: (_object, { type, reason }) => events.push(`${type} ${reason}`),
      },
      clock: systemClock,
      logger: makeLogger({ level: 'silent' }),
      registry: makeRegistry(),
      makeUrl: () => undefined,
      makeAliasUrl: ({ spec }) => spec.url && `http://${spec.name}.test/`,
      platform: 'cluster',
      architecture: 'x86_64',
    },
    loadConfig({ MAYFLY_REGION: 'eu-west-1' }),
  );
}

function makeObjects(store: SqliteResourceStore): Omit<ReleaseWorld, keyof Parts | 'restart'> {
  const get = async <K extends Kind>(kind: K, name: string): Promise<ResourceKinds[K]> => {
    const found = await store.get(kind, { namespace, name });
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
    return found;
  };
  const create: ReleaseWorld['create'] = (kind, given, spec) => {
    const metadata = typeof given === 'string' ? { name: given, namespace } : given;
    return store.create({ apiVersion: API_VERSION, kind, metadata, spec });
  };
  const change: ReleaseWorld['change'] = (kind, name, spec) =>
    // The operator writes finalizers meanwhile.
    eventually(async () => {
      const before = await get(kind, name);
      const next = Object.entries({ ...before.spec, ...spec }).filter(([, v]) => v !== undefined);
      await store.update({ ...before, spec: Object.fromEntries(next) } as typeof before);
    });
  const says: ReleaseWorld['says'] = (kind, name, wanted) =>
    eventually(async () => {
      const object = await get(kind, name);
      const [ready] = object.status?.conditions ?? [];
      const isCurrent = ready?.observedGeneration === object.metadata.generation;
      if (!isCurrent || `${ready.status} ${ready.reason}` !== wanted) {
        throw new Error(`${kind} ${name} says ${JSON.stringify(object.status?.conditions)}`);
      }
      return object;
    });
  return {
    create,
    change,
    says,
    remove: (kind, name) => store.delete(kind, { namespace, name }),
    async serve(name, code, spec = {}) {
      const wanted = { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: code } };
      const isThere = (await store.get('Function', { namespace, name })) !== undefined;
      if (isThere) await change('Function', name, { ...wanted, ...spec });
      else await create('Function', name, { ...wanted, ...spec });
      return says('Function', name, 'True Active');
    },
    gone: (kind, name) =>
      eventually(async () => {
        const found = await store.get(kind, { namespace, name });
        if (found !== undefined) throw new Error(`${name} is still there`);
      }),
    async versions() {
      const { items } = await store.list('Version');
      return items.map(({ metadata, spec }) => `${metadata.name}: ${String(spec.version)}`);
    },
    version: (name) => get('Version', name),
    alias: (name) => get('Alias', name),
  };
}

/** The SHA-256 that the code of a function has here. */
export function digestOf(code: string): string {
  return createHash('sha256').update(code).digest('base64');
}
