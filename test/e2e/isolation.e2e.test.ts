import { eventually } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  createFunction,
  deleteFunction,
  getPods,
  invoke,
  nodeSpec,
  podsOf,
  SYSTEM_NAMESPACE,
  uniqueName,
} from './helpers/cluster.ts';

/** A function that looks around for whoever calls it. */
const PROBE = `const fs = require('node:fs');
const read = (file) => { try { return fs.readFileSync(file, 'utf8').slice(0, 2000); } catch (e) { return e.code; } };
const write = (file) => { try { fs.writeFileSync(file, 'x'); return 'written'; } catch (e) { return e.code; } };
exports.handler = async ({ url, method = 'GET', headers = {}, file, target, list }) => {
  if (file) return read(file);
  if (target) return write(target);
  if (list) return fs.readdirSync('/proc').filter((n) => /^[0-9]+$/.test(n)).map((n) => read('/proc/' + n + '/cmdline'));
  try {
    const body = method === 'GET' ? undefined : '{}';
    const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(3000) });
    return { status: response.status, body: (await response.text()).slice(0, 500) };
  } catch (error) { return { error: String(error.cause?.code ?? error.name) }; }
};`;

describe('a function that looks around', () => {
  const name = uniqueName('probe');
  const other = uniqueName('probe');

  async function ask(question: object): Promise<unknown> {
    return (await invoke(name, question)).payload;
  }

  beforeAll(async () => {
    const spec = nodeSpec(PROBE, { timeout: 20 });
    await Promise.all([createFunction(name, spec), createFunction(other, spec)]);
    await Promise.all([invoke(name), invoke(other)]);
  });

  afterAll(() => {
    deleteFunction(name);
    deleteFunction(other);
  });

  it('cannot make its agent do anything', async ({ expect }) => {
    for (const [method, path] of [
      ['POST', '/mayfly/v1/assignment'],
      ['GET', '/mayfly/v1/status'],
      ['POST', '/2015-03-31/functions/function/invocations'],
    ] as const) {
      expect(await ask({ url: `http://127.0.0.1:8080${path}`, method })).toMatchObject({
        status: 401,
      });
    }
  });

  it('cannot make the agent of another function do anything', async ({ expect }) => {
    // It may have answered before the kubelet has said where it is.
    const ip = await eventually(() => {
      const address = podsOf(other)[0]?.status.podIP;
      if (address === undefined) throw new Error(`the pod of ${other} has no address yet`);
      return address;
    });
    const url = `http://${ip}:8080/2015-03-31/functions/function/invocations`;

    expect(await ask({ url, method: 'POST' })).toMatchObject({ status: 401 });
    const guess = { authorization: 'Bearer guessed' };
    expect(await ask({ url, method: 'POST', headers: guess })).toMatchObject({ status: 401 });
  });

  it('finds no credentials of the API server, and none of the agent', async ({ expect }) => {
    expect(await ask({ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' })).toBe(
      'ENOENT',
    );
    expect(await ask({ file: '/proc/1/environ' })).not.toContain('MAYFLY_AGENT_TOKEN');
    const commands = (await ask({ list: true })) as string[];
    expect(commands.join('\n')).not.toContain('agent.cjs');
  });

  it('is nobody to the API server', async ({ expect }) => {
    const url = 'https://kubernetes.default.svc/api/v1/namespaces/default/secrets';
    const answer = (await ask({ url })) as { status?: number; error?: string };

    // Its certificate is not even believed; with it believed, the answer would be 401 or 403.
    expect(answer.status === undefined || [401, 403].includes(answer.status)).toBe(true);
  });

  it('cannot speak to the platform', async ({ expect }) => {
    const ipOf = (component: string): string =>
      getPods(`app.kubernetes.io/component=${component}`, SYSTEM_NAMESPACE)[0]?.status.podIP ?? '';
    const forward = `http://${ipOf('gateway')}:8082/internal/v1/invocations`;
    expect(await ask({ url: forward, method: 'POST' })).toMatchObject({ status: 401 });
    const leader = 'mayfly-operator-leader.mayfly-system.svc';
    const announcement = { url: `http://${leader}:8081/announcements`, method: 'POST' };
    expect(await ask(announcement)).toMatchObject({ status: 400 });
    expect(await ask({ url: `http://${leader}:8081/code/${'0'.repeat(64)}.zip` })).toMatchObject({
      status: 403,
    });
    const link = (await ask({ url: `https://${leader}:9443/` })) as { status?: number };
    expect(link.status).toBeUndefined();
  });

  it('cannot change its code or its image, and can write to /tmp', async ({ expect }) => {
    expect(await ask({ target: '/var/task/index.js' })).toBe('EROFS');
    expect(await ask({ target: '/etc/passwd' })).toMatch(/EROFS|EACCES/);
    expect(await ask({ target: '/opt/x' })).toBe('EROFS');
    expect(await ask({ target: '/tmp/x' })).toBe('written');
  });
});
