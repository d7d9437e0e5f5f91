import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { NO_POOL_OBSERVER, type PoolObserver } from '@mayfly/core';
import { connect, PodApi, type V1Pod } from '@mayfly/kube';
import { FUNCTION_PODS_SELECTOR, type PodSettings } from '@mayfly/manifests';
import {
  buildAnnouncements,
  PodExecutionEnvironmentDriver,
  type PodClient,
  type PodDriverDeps,
} from '@mayfly/operator/pods';
import { makeLogger, systemClock } from '@mayfly/telemetry';

/** Where pods reach this process. */
const HOST = process.env['MAYFLY_E2E_HOST'] ?? '10.89.0.1';
const IMAGES = readImages();
const AGENT_IMAGE = IMAGES['agent'] ?? '';
const RUNTIME_IMAGES = {
  'provided.al2023': IMAGES['lambda-provided.al2023'] ?? '',
  'nodejs24.x': IMAGES['lambda-nodejs24'] ?? '',
};
const KEY = randomBytes(32);

function readImages(): Readonly<Record<string, string | undefined>> {
  const file = path.resolve(import.meta.dirname, '../../../.cache/images.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
}

/** Runs kubectl and returns what it says. */
export function kubectl(...args: readonly string[]): string {
  return execFileSync('kubectl', args, { encoding: 'utf8' });
}

function apply(object: unknown): void {
  execFileSync('kubectl', ['apply', '-f', '-'], { input: JSON.stringify(object) });
}

/** A namespace with a Function that owns pods. */
export function makeNamespace(): { readonly namespace: string; readonly uid: string } {
  const namespace = `pods-${randomUUID().slice(0, 8)}`;
  apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  apply({
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Function',
    metadata: { name: 'fixture', namespace },
    spec: { runtime: 'provided.al2023', handler: 'bootstrap', code: { inline: 'none' } },
  });
  const uid = kubectl(
    'get',
    'functions.mayfly.dev',
    'fixture',
    '-n',
    namespace,
    '-ojsonpath={.metadata.uid}',
  );
  return { namespace, uid };
}

/** What drivers in this process are made with. */
export interface PodBedOptions {
  readonly namespace: string;
  /** Of the code. */
  readonly archive?: Uint8Array;
  readonly pools?: PodDriverDeps['pools'];
  readonly poolObserver?: PoolObserver;
}

/** Drivers in this process, one after the other, of pods in one namespace on the cluster. */
export interface PodBed {
  /** Closes the driver before it, and makes the next. */
  build(): PodExecutionEnvironmentDriver;
  close(): Promise<void>;
}

/** Starts what drivers need: a watch, and a server that pods reach. */
export async function startPodBed({
  namespace,
  archive = new Uint8Array(),
  pools = [],
  poolObserver = NO_POOL_OBSERVER,
}: PodBedOptions): Promise<PodBed> {
  const api = new PodApi(connect());
  const stop = new AbortController();
  const watch = api.inform(FUNCTION_PODS_SELECTOR, {
    clock: systemClock,
    onError: () => undefined,
  });
  await watch.start(stop.signal);
  const client: PodClient = {
    create: (pod, signal) => api.create(pod as unknown as V1Pod, signal),
    delete: (ref, options, signal) => api.delete(ref, options, signal),
    list: async (selector, signal) =>
      (await api.list(selector, signal)).filter((pod) => pod.metadata?.namespace === namespace),
    patchMetadata: (ref, patch, signal) => api.patchMetadata(ref, patch, signal),
    canResize: (signal) => api.canResize(signal),
    resize: (ref, container, signal) => api.resize(ref, container, signal),
  };
  let current: PodExecutionEnvironmentDriver | undefined;
  const take = buildAnnouncements({
    clusterKey: KEY,
    take: (announcement) => current?.take(announcement) ?? 'later',
  });
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const settings: PodSettings = {
    agentImage: AGENT_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    imagePullSecrets: [],
    runtimeImages: RUNTIME_IMAGES,
    cpuRequestRatio: 0.1,
    defaultArchitecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    announceUrl: `http://${HOST}:${String(port)}/announcements`,
  };
  const build = (): PodExecutionEnvironmentDriver => {
    current?.close();
    current = new PodExecutionEnvironmentDriver({
      client,
      watch,
      references: {
        readSecret: () => Promise.resolve(undefined),
        readConfigMap: () => Promise.resolve(undefined),
      },
      code: { locate: () => Promise.resolve({ kind: 'attached', archive }) },
      settings,
      clusterKey: KEY,
      pools,
      poolObserver,
      // The machine may be busy.
      growWithinMs: 20_000,
      makeId: () => randomUUID().replaceAll('-', ''),
      clock: systemClock,
      logger: makeLogger({ level: 'warn' }),
    });
    return current;
  };
  return {
    build,
    close: async () => {
      current?.close();
      stop.abort();
      server.close();
      server.closeAllConnections();
      kubectl('delete', 'namespace', namespace, '--wait=false');
      await Promise.resolve();
    },
  };
}
