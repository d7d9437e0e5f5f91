import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { makePod, makeSparePod, type PodManifest, type PodSettings } from '@mayfly/manifests';
import { describe, it, onTestFinished } from 'vitest';

const ID = '3f2a91c07b554e0d8f6a2b1c9d8e7f60';
const SETTINGS: PodSettings = {
  agentImage: 'mayfly/agent:dev',
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: ['shared'],
  runtimeImages: { 'nodejs24.x': 'mayfly/lambda-nodejs:24' },
  cpuRequestRatio: 0.1,
  announceUrl: 'http://mayfly-operator-leader.mayfly-system.svc:8081/announcements',
};

function kubectl(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('kubectl', args, (error, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr);
      else reject(new Error(stderr, { cause: error }));
    });
    child.stdin?.end(input);
  });
}

async function useRestrictedNamespace(): Promise<string> {
  const name = `pods-${randomUUID().slice(0, 8)}`;
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  await kubectl(['apply', '-f', '-'], JSON.stringify(namespace));
  onTestFinished(async () => {
    await kubectl(['delete', 'namespace', name, '--wait=false']);
  });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount' };
  for (const serviceAccount of ['default', 'invoices']) {
    const metadata = { name: serviceAccount, namespace: name };
    await kubectl(['apply', '-f', '-'], JSON.stringify({ ...account, metadata }));
  }
  return name;
}

function makeAll(namespace: string): readonly PodManifest[] {
  const secrets = { agentToken: 'token', seal: 'seal' };
  const made = { executionEnvironmentId: ID, ...secrets, settings: SETTINGS };
  const plain = { runtime: 'nodejs24.x', memorySize: 128, timeout: 3 };
  const demanding = {
    ...plain,
    memorySize: 3008,
    ephemeralStorage: 1024,
    serviceAccountName: 'invoices',
    podTemplate: {
      nodeSelector: { disk: 'ssd' },
      labels: { team: 'billing' },
      volumes: [{ name: 'ca', configMap: { name: 'ca' } }],
      volumeMounts: [{ name: 'ca', mountPath: '/etc/ca' }],
    },
  };
  const key = { namespace, functionName: 'hello', revision: 'r1' };
  const owner = { name: 'hello', uid: randomUUID() };
  return [
    ...[plain, demanding].map((configuration) => makePod({ ...made, key, owner, configuration })),
    makeSparePod({ ...made, pool: { namespace, runtime: 'nodejs24.x', memorySize: 512 } }),
  ];
}

describe('pods of functions', () => {
  it('pass the restricted Pod Security Standard', async ({ expect }) => {
    const namespace = await useRestrictedNamespace();
    for (const pod of makeAll(namespace)) {
      const said = await kubectl(['apply', '--dry-run=server', '-f', '-'], JSON.stringify(pod));
      expect(said).toMatch(/created \(server dry run\)/);
      expect(said).not.toContain('Warning');
    }
  });
});
