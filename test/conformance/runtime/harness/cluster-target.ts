import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';
import {
  API_NAMESPACE,
  apply,
  explainFailure,
  gatewayUrl,
  kubectl,
  kubectlAsync,
  podsOf,
  uniqueName,
  waitReady,
} from '../../../e2e/helpers/cluster.ts';
import {
  callFunction,
  type FunctionPlan,
  type FunctionUnderTest,
  type Target,
} from './function-under-test.ts';
import type { Files } from './runtimes.ts';
import { SHARED_LABELS } from './shared-labels.ts';
import { writeFiles } from './write-files.ts';

const TASK_ROOT = '/var/task';
const READY_MS = 60_000;
const STOP_MS = 20_000;
const LOG_SHOWN = 1_000;

/** A cluster: what may be shared stays for the files after this one, and goes with the run. */
export const clusterTarget: Target = { useFunction, useSharedFunction };

async function useFunction(plan: FunctionPlan): Promise<FunctionUnderTest> {
  explainFailure();
  const name = uniqueName('conformance');
  onTestFinished(() => {
    kubectl(...['delete', `fn/${name}`, `configmap/${name}`, '-n', API_NAMESPACE], '--wait=false');
  });
  await deploy(name, plan, {});
  return describeFunction(name);
}

const PLAN_ANNOTATION = 'mayfly-test/plan';
const shared = new Map<string, Promise<void>>();

async function useSharedFunction(plan: FunctionPlan): Promise<FunctionUnderTest> {
  explainFailure();
  const name = `conformance-${plan.runtime.identifier.replace('.', '-')}`;
  const deployed = shared.get(name) ?? share(name, plan);
  shared.set(name, deployed);
  await deployed;
  return describeFunction(name);
}

async function share(name: string, plan: FunctionPlan): Promise<void> {
  const digest = createHash('sha256').update(JSON.stringify([plan, plan.spec?.(TASK_ROOT)]));
  const planned = digest.digest('hex');
  if (readShared().get(name) === planned) return;
  await deploy(name, plan, { labels: SHARED_LABELS, annotations: { [PLAN_ANNOTATION]: planned } });
}

let known: ReadonlyMap<string, string> | undefined;

/** What files before this one have left: name → plan. */
function readShared(): ReadonlyMap<string, string> {
  known ??= new Map(
    readFunctions().map(({ metadata }) => [
      metadata.name,
      metadata.annotations?.[PLAN_ANNOTATION] ?? '',
    ]),
  );
  return known;
}

interface SharedFunction {
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
}

function readFunctions(): readonly SharedFunction[] {
  const labels = Object.entries(SHARED_LABELS).map(([name, value]) => `${name}=${value}`);
  const found = kubectl('get', 'fn', '-n', API_NAMESPACE, '-l', labels.join(','), '-o', 'json');
  const { items } = JSON.parse(found) as { readonly items: readonly SharedFunction[] };
  return items;
}

interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function deploy(name: string, plan: FunctionPlan, marks: Marks): Promise<void> {
  const archive = makeArchive(plan.files);
  const metadata = { name, namespace: API_NAMESPACE, ...marks };
  const zip = {
    configMap: { name, key: 'code.zip' },
    // A package that has changed since the last run is to be read again.
    sha256: createHash('sha256').update(archive).digest('base64'),
  };
  const spec = { runtime: plan.runtime.identifier, handler: plan.handler, code: { zip } };
  const items = [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      binaryData: { 'code.zip': archive.toString('base64') },
    },
    {
      apiVersion: 'mayfly.dev/v1alpha1',
      kind: 'Function',
      metadata,
      spec: { ...spec, ...plan.spec?.(TASK_ROOT) },
    },
  ];
  apply({ apiVersion: 'v1', kind: 'List', items });
  await waitReady(name);
}

// The same files make the same archive: its dates are not those of the files.
const ZIP = `import os, sys, zipfile
with zipfile.ZipFile('code.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    for name in sorted(os.listdir('files')):
        info = zipfile.ZipInfo(name)
        info.external_attr = os.stat('files/' + name).st_mode << 16
        archive.writestr(info, open('files/' + name, 'rb').read())`;

function makeArchive(files: Files): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'mayfly-conformance-'));
  try {
    const target = path.join(folder, 'files');
    execFileSync('mkdir', [target]);
    writeFiles(target, files);
    execFileSync('python3', ['-c', ZIP], { cwd: folder });
    return readFileSync(path.join(folder, 'code.zip'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function describeFunction(name: string): FunctionUnderTest {
  return {
    name,
    invoke: (event) => callFunction(gatewayUrl(), name, event),
    readLog: async () => {
      const pods = podsOf(name).map(({ metadata }) => metadata.name);
      const logs = pods.map((pod) => kubectlAsync('logs', pod, '-n', API_NAMESPACE));
      return (await Promise.all(logs)).flatMap(readMessages);
    },
    stop: async (lastWords) => stop(await findReadyPod(name), lastWords),
  };
}

/** A pod may have answered before the kubelet has said that it has a log; and another may still start. */
function findReadyPod(name: string): Promise<string> {
  return eventually(
    () => {
      const pods = podsOf(name);
      const ready = pods.find(({ status }) =>
        status.conditions?.some((is) => is.type === 'Ready' && is.status === 'True'),
      );
      if (ready === undefined) throw new Error(`no pod is ready: ${JSON.stringify(pods)}`);
      return ready.metadata.name;
    },
    { timeoutMs: READY_MS },
  );
}

/** Deletes a pod and reads its log to the end, which goes with it. */
async function stop(pod: string, lastWords: string | undefined): Promise<void> {
  const follower = spawn('kubectl', ['logs', '--follow', pod, '-n', API_NAMESPACE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    follower.kill();
  });
  let log = '';
  follower.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  await eventually(() => {
    if (log === '') throw new Error(`${pod} has logged nothing yet`);
  });
  kubectl('delete', 'pod', pod, '-n', API_NAMESPACE, '--wait=false');
  if (lastWords === undefined) return;
  await eventually(
    () => {
      // The last line may still be on its way.
      const complete = log.slice(0, log.lastIndexOf('\n') + 1);
      if (!readMessages(complete).includes(lastWords)) {
        throw new Error(`the log of ${pod} has no such line: ${complete.slice(-LOG_SHOWN)}`);
      }
    },
    { timeoutMs: STOP_MS },
  );
}

function readMessages(log: string): readonly string[] {
  const lines = log.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { readonly message: string }).message);
}
