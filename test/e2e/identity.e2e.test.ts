import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { signRequest } from '@mayfly/gateway';
import { eventually } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import {
  API_NAMESPACE,
  apply,
  gatewayUrl,
  invokeUrl,
  kubectl,
  nodeSpec,
  pathUrl,
  SYSTEM_NAMESPACE,
  uniqueName,
  useFunction,
} from './helpers/cluster.ts';
import { put, says } from './helpers/releases.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CALLER = path.join(ROOT, 'examples/identity/caller.yaml');
const ROLLOUT_MS = 240_000;
const ELSEWHERE = '111111111111';
const SOURCE = 'exports.handler = async (event) => event;';

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The platform is there for all tests: what is changed here is changed back. */
async function setIdentity(isEnabled: boolean): Promise<void> {
  await promisify(execFile)('helm', [
    ...['upgrade', 'mayfly', path.join(ROOT, 'charts/mayfly'), '--namespace', SYSTEM_NAMESPACE],
    ...['--reuse-values', '--set', `identity.enabled=${String(isEnabled)}`],
    ...['--wait', '--timeout', '180s'],
  ]);
}

beforeAll(async () => {
  kubectl('apply', '-n', API_NAMESPACE, '-f', CALLER);
  kubectl('create', 'serviceaccount', 'nobody', '-n', API_NAMESPACE);
  await setIdentity(true);
}, ROLLOUT_MS);

afterAll(async () => {
  kubectl('delete', '-n', API_NAMESPACE, '--ignore-not-found', '-f', CALLER);
  kubectl('delete', 'serviceaccount', 'nobody', '-n', API_NAMESPACE, '--ignore-not-found');
  await setIdentity(false);
}, ROLLOUT_MS);

/** An access key of a ServiceAccount, gone with the test. */
function useAccessKey(serviceAccount: string, accountId?: string): Key {
  const name = uniqueName('key');
  const key = { accessKeyId: `AKIA${name.replaceAll('-', '')}`, secretAccessKey: `s-${name}` };
  const annotations = {
    'mayfly.dev/service-account': serviceAccount,
    ...(accountId === undefined ? {} : { 'mayfly.dev/account-id': accountId }),
  };
  const labels = { 'mayfly.dev/access-key': 'true' };
  const metadata = { name, namespace: API_NAMESPACE, labels, annotations };
  apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: key });
  onTestFinished(() => {
    kubectl('delete', 'secret', name, '-n', API_NAMESPACE);
  });
  return key;
}

/** Calls with AWS's client; the status, or the name of the error. */
async function call(key: Key, functionName: string, qualifier?: string): Promise<number | string> {
  const client = new LambdaClient({
    endpoint: gatewayUrl(),
    region: 'us-east-1',
    credentials: key,
    maxAttempts: 1,
  });
  const command = { FunctionName: functionName, Qualifier: qualifier, Payload: '{}' };
  try {
    return (await client.send(new InvokeCommand(command))).StatusCode ?? 0;
  } catch (error) {
    return (error as Error).name;
  } finally {
    client.destroy();
  }
}

describe('a cluster that asks who calls', () => {
  it('knows access keys as soon as their Secrets are there', async ({ expect }) => {
    const name = await useFunction(nodeSpec(SOURCE));
    const key = useAccessKey('caller');
    await eventually(async () => {
      expect(await call(key, name)).toBe(200);
    });
    expect(await call({ ...key, secretAccessKey: 'x' }, name)).toBe('InvalidSignatureException');
    const unknown = { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' };
    expect(await call(unknown, name)).toBe('UnrecognizedClientException');
    const unsigned = await fetch(invokeUrl(name), { method: 'POST', body: '{}' });
    expect(unsigned.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });

  it('takes tokens of ServiceAccounts', async ({ expect }) => {
    const name = await useFunction(nodeSpec(SOURCE));
    const statusWith = async (serviceAccount: string): Promise<number> => {
      const token = kubectl('create', 'token', serviceAccount, '-n', API_NAMESPACE).trim();
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(invokeUrl(name), { method: 'POST', body: '{}', headers })).status;
    };
    expect(await statusWith('caller')).toBe(200);
    expect(await statusWith('nobody')).toBe(403);
  });

  it('lets those call by an alias whom its permissions name', async ({ expect }) => {
    const name = await useFunction(nodeSpec(SOURCE));
    const alias = `${name}-live`;
    put('Alias', alias, {
      functionName: name,
      name: 'live',
      functionVersion: '$LATEST',
      permissions: [{ statementId: 'them', principal: ELSEWHERE, action: 'lambda:InvokeFunction' }],
    });
    await says('Alias', alias, 'True Routed');
    const key = useAccessKey('nobody', ELSEWHERE);
    await eventually(async () => {
      expect(await call(key, name, 'live')).toBe(200);
    });
    expect(await call(key, name)).toBe('AccessDeniedException');
  });

  it('opens URLs with AWS_IAM to those who sign and may', async ({ expect }) => {
    const name = await useFunction(nodeSpec(SOURCE, { url: { authType: 'AWS_IAM' } }));
    const [caller, nobody] = [useAccessKey('caller'), useAccessKey('nobody')];
    const get = (key: Key): Promise<Response> => {
      const request = { method: 'GET', url: pathUrl(name), headers: {}, body: Buffer.alloc(0) };
      const terms = { ...key, region: 'us-east-1', nowMs: Date.now() };
      return fetch(request.url, { headers: signRequest(request, terms) });
    };
    await eventually(async () => {
      const answer = await get(caller);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({
        requestContext: {
          authorizer: {
            iam: { userArn: `arn:aws:iam::000000000000:user/${API_NAMESPACE}/caller` },
          },
        },
      });
    });
    await eventually(async () => {
      expect(await (await get(nobody)).text()).toBe('{"Message":"Forbidden"}');
    });
    expect((await fetch(pathUrl(name))).status).toBe(403);
  });
});
