import { execFileSync } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { zipInline } from '@mayfly/code';
import type { Clock } from '@mayfly/core';
import { connect, PodApi, type V1Pod } from '@mayfly/kube';
import { FUNCTION_PODS_SELECTOR, type PodSettings } from '@mayfly/manifests';
import {
  buildAnnouncements,
  PodExecutionEnvironmentDriver,
  type PodClient,
} from '@mayfly/operator/pods';
import { makeLogger } from '@mayfly/telemetry';
import {
  aCreateRequest,
  describeExecutionEnvironmentDriver,
  type DriverUnderTest,
} from '@mayfly/testkit';

/** Where pods reach this process. */
const HOST = process.env['MAYFLY_E2E_HOST'] ?? '10.89.0.1';
const IMAGES = readImages();
const AGENT_IMAGE = IMAGES['agent'] ?? '';
const PROVIDED_IMAGE = IMAGES['lambda-provided.al2023'] ?? '';
const KEY = randomBytes(32);

const BOOTSTRAP = `#!/bin/sh
if [ "$FAIL_INIT" = 1 ]; then exit 3; fi
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  payload=$(curl -sS -D /tmp/headers "$api/next") || exit 1
  id=$(tr -d '\\r' < /tmp/headers | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  curl -sS -o /dev/null -X POST "$api/$id/response" -d "$payload"
done
`;

function readImages(): Readonly<Record<string, string | undefined>> {
  const file = path.resolve(import.meta.dirname, '../../../.cache/images.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
}

const realClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  },
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs);
    return {
      cancel: () => {
        clearInterval(timer);
      },
    };
  },
};

function kubectl(...args: readonly string[]): string {
  return execFileSync('kubectl', args, { encoding: 'utf8' });
}

function apply(object: unknown): void {
  execFileSync('kubectl', ['apply', '-f', '-'], { input: JSON.stringify(object) });
}

function makeNamespace(): { readonly namespace: string; readonly uid: string } {
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

async function make(): Promise<DriverUnderTest> {
  const { namespace, uid } = makeNamespace();
  const archive = await zipInline({
    runtime: 'provided.al2023',
    handler: 'bootstrap',
    source: BOOTSTRAP,
  });
  const api = new PodApi(connect());
  const stop = new AbortController();
  const watch = api.inform(FUNCTION_PODS_SELECTOR, { clock: realClock, onError: () => undefined });
  await watch.start(stop.signal);
  const client: PodClient = {
    create: (pod, signal) => api.create(pod as unknown as V1Pod, signal),
    delete: (ref, options, signal) => api.delete(ref, options, signal),
    list: async (selector, signal) =>
      (await api.list(selector, signal)).filter((pod) => pod.metadata?.namespace === namespace),
    patchMetadata: (ref, patch, signal) => api.patchMetadata(ref, patch, signal),
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
    runtimeImages: { 'provided.al2023': PROVIDED_IMAGE },
    cpuRequestRatio: 0.1,
    announceUrl: `http://${HOST}:${String(port)}/announcements`,
  };
  const build = (): PodExecutionEnvironmentDriver =>
    new PodExecutionEnvironmentDriver({
      client,
      watch,
      references: {
        readSecret: () => Promise.resolve(undefined),
        readConfigMap: () => Promise.resolve(undefined),
      },
      code: {
        locate: () =>
          Promise.resolve({
            kind: 'inline',
            archiveBase64: Buffer.from(archive).toString('base64'),
          }),
      },
      settings,
      clusterKey: KEY,
      pools: [],
      makeId: () => randomUUID().replaceAll('-', ''),
      clock: realClock,
      logger: makeLogger({ level: 'warn' }),
    });
  const driver = (current = build());
  await driver.find();
  const owner = { name: 'fixture', uid };
  return {
    driver,
    namespace,
    owner,
    restart: () => {
      driver.close();
      return Promise.resolve((current = build()));
    },
    anEchoAssignment: (executionEnvironmentId) => {
      const { key, configuration, runtime } = aCreateRequest(executionEnvironmentId, {
        owner,
        namespace,
      });
      return Promise.resolve({
        executionEnvironmentId,
        key,
        configuration,
        runtime,
        functionName: 'fixture',
        version: '$LATEST',
        region: 'eu-central-1',
        accountId: '000000000000',
        handler: 'bootstrap',
        memorySizeMb: 128,
        timeoutMs: 10_000,
        initTimeoutMs: 10_000,
        initializationType: 'on-demand',
        environmentVariables: {},
        logFormat: 'Text',
        codeSha256: createHash('sha256').update(archive).digest('base64'),
        codeSize: archive.length,
      });
    },
    // The agent is process 1 of its container: it dies with what ends it from outside.
    crashAgent: (id) => {
      const selector = `mayfly.dev/execution-environment=${id}`;
      kubectl('delete', 'pod', '-n', namespace, '-l', selector, '--grace-period=0', '--force');
    },
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

describeExecutionEnvironmentDriver('the pod driver', make);
