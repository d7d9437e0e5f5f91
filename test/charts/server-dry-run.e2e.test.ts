import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, it, onTestFinished } from 'vitest';
import { CHART, helm, HELM_DEADLINE_MS } from './helm.ts';

async function kubectl(
  args: readonly string[],
  input = '',
): Promise<{ code: number; said: string }> {
  const child = spawn('kubectl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? -1);
    });
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, said: stdout + stderr };
}

/** A namespace that takes nothing but pods of the strictest kind. */
async function useRestrictedNamespace(): Promise<string> {
  const namespace = `chart-${randomBytes(4).toString('hex')}`;
  onTestFinished(async () => {
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const metadata = { name: namespace, labels };
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata };
  await kubectl(['create', '-f', '-'], JSON.stringify(object));
  return namespace;
}

describe('the chart on an API server', () => {
  beforeAll(async () => {
    await helm('version');
  }, HELM_DEADLINE_MS);

  it('is taken without a word of warning', async ({ expect }) => {
    const namespace = await useRestrictedNamespace();
    const set = [
      '--set',
      'crds.install=false,gateway.autoscaling.enabled=true,exposure.ingress.enabled=true',
    ];
    // The namespace's name is the release's, too: another release may be installed.
    const { stdout } = await helm('template', namespace, CHART, '-n', namespace, ...set);
    const { code, said } = await kubectl(['create', '--dry-run=server', '-f', '-'], stdout);
    expect(code, said).toBe(0);
    expect(said).toMatch(/deployment\.apps\/chart-.*-mayfly-operator created \(server dry run\)/);
    expect(
      said.split('\n').filter((line) => !/ created \(server dry run\)$|^$/.test(line)),
    ).toEqual([]);
  });

  it('has CRDs that the API server takes', async ({ expect }) => {
    const { stdout } = await helm('template', 'mayfly', CHART, '-s', 'templates/crds.yaml');
    const apply = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'];
    const { code, said } = await kubectl(apply, stdout);
    expect(code, said).toBe(0);
    expect(said).toMatch(/functions\.mayfly\.dev serverside-applied \(server dry run\)/);
  });
});
