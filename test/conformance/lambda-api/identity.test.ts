import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { GetFunctionCommand, InvokeCommand, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { signRequest, type SigningTerms } from '@mayfly/gateway';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, useDirectory, usePlatform, type Platform } from '../../helpers/platform.ts';
import { ensurePythonClients, runAws, runPython } from '../../helpers/python-clients.ts';

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const SETUP_MS = 180_000;
const EVE: Key = { accessKeyId: 'AKIAEVE', secretAccessKey: 'secret-of-eve' };
const OWNER: Key = { accessKeyId: 'AKIAOWNER', secretAccessKey: 'secret-of-owner' };
const LISTED = [
  { ...OWNER, userName: 'owner' },
  { ...EVE, userName: 'eve', accountId: '111111111111' },
];

const EVENT = 'exports.handler = async (event) => event;';
const ECHO = aNodeFunction('echo', EVENT);
const SHARED = aNodeFunction('shared', EVENT, {
  url: { authType: 'AWS_IAM' },
  permissions: [
    { statementId: 'api', principal: '111111111111', action: 'lambda:InvokeFunction' },
    {
      statementId: 'url',
      principal: 'arn:aws:iam::111111111111:user/eve',
      action: 'lambda:InvokeFunctionUrl',
      functionUrlAuthType: 'AWS_IAM',
    },
  ],
});

/** A platform that makes its own key. */
async function useSignedPlatform(): Promise<Platform & { readonly key: Key }> {
  const platform = await usePlatform({ functions: [ECHO], requiresSignatures: true });
  const file = path.join(platform.stateDir, 'access-keys.json');
  const [key] = JSON.parse(readFileSync(file, 'utf8')) as [Key];
  return { ...platform, key };
}

/** A platform with two keys, one of another account. */
function useTwoAccounts(): Promise<Platform> {
  const stateDirectory = useDirectory();
  writeFileSync(path.join(stateDirectory, 'access-keys.json'), JSON.stringify(LISTED));
  return usePlatform({ functions: [ECHO, SHARED], requiresSignatures: true, stateDirectory });
}

function nameOfFailure(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: unknown) => (error as Error).name,
  );
}

const invokeEcho = (): InvokeCommand => new InvokeCommand({ FunctionName: 'echo', Payload: '{}' });

describe('a platform that wants signatures', () => {
  it('takes those of the JavaScript SDK', async ({ expect }) => {
    const { gatewayUrl, key } = await useSignedPlatform();
    const client = useLambdaClient(gatewayUrl, { credentials: key });
    expect((await client.send(invokeEcho())).StatusCode).toBe(200);
    const found = await client.send(new GetFunctionCommand({ FunctionName: 'echo' }));
    expect(found.Configuration?.FunctionName).toBe('echo');
  });

  it.for([
    ['a wrong secret', (key) => ({ credentials: { ...key, secretAccessKey: 'wrong' } })],
    ['a clock that is late', (key) => ({ credentials: key, systemClockOffset: -600_000 })],
    ['a clock that is early', (key) => ({ credentials: key, systemClockOffset: 600_000 })],
    ['another region', (key) => ({ credentials: key, region: 'eu-west-1' })],
  ] satisfies [string, (key: Key) => LambdaClientConfig][])(
    'refuses %s',
    async ([, overridesOf], { expect }) => {
      const { gatewayUrl, key } = await useSignedPlatform();
      const client = useLambdaClient(gatewayUrl, overridesOf(key));
      expect(await nameOfFailure(client.send(invokeEcho()))).toBe('InvalidSignatureException');
    },
  );

  it('refuses keys that it does not know, and requests without', async ({ expect }) => {
    const { gatewayUrl, invoke } = await useSignedPlatform();
    const client = useLambdaClient(gatewayUrl);
    expect(await nameOfFailure(client.send(invokeEcho()))).toBe('UnrecognizedClientException');
    const answer = await invoke('echo', {});
    expect(answer.statusCode).toBe(403);
    expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(answer.payload).toMatchObject({ message: 'Missing Authentication Token' });
  });

  it('takes those of boto3 and of the aws CLI', { timeout: SETUP_MS }, async ({ expect }) => {
    await ensurePythonClients();
    const { gatewayUrl, key } = await useSignedPlatform();
    const env = { AWS_ACCESS_KEY_ID: key.accessKeyId, AWS_SECRET_ACCESS_KEY: key.secretAccessKey };
    const python = { gatewayUrl, arguments: ['invoke', 'echo'], env };
    expect(await runPython('boto3_calls.py', python)).toMatchObject({ StatusCode: 200 });
    const aws = (secret: Record<string, string>, ...args: readonly string[]) =>
      runAws(args, { gatewayUrl, directory: useDirectory(), env: { ...env, ...secret } });
    const asked = await aws({}, 'sts', 'get-caller-identity');
    expect(JSON.parse(asked.stdout)).toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:user/local',
    });
    const wrong = { AWS_SECRET_ACCESS_KEY: 'wrong' };
    const refused = await aws(wrong, 'lambda', 'get-function', '--function-name', 'echo');
    expect(refused.stderr).toContain('(InvalidSignatureException)');
    const nobody = await aws(wrong, 'sts', 'get-caller-identity');
    expect(nobody.stderr).toContain('(SignatureDoesNotMatch)');
  });

  it('lets another account do what permissions say, and nothing else', async ({ expect }) => {
    const { gatewayUrl } = await useTwoAccounts();
    const eve = useLambdaClient(gatewayUrl, { credentials: EVE });
    const shared = new InvokeCommand({ FunctionName: 'shared', Payload: '{}' });
    expect((await eve.send(shared)).StatusCode).toBe(200);
    await expect(eve.send(invokeEcho())).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::111111111111:user/eve is not authorized to perform: lambda:InvokeFunction on resource: ' +
        'arn:aws:lambda:us-east-1:000000000000:function:echo because no identity-based policy allows the lambda:InvokeFunction action',
    });
    const owner = useLambdaClient(gatewayUrl, { credentials: OWNER });
    expect((await owner.send(invokeEcho())).StatusCode).toBe(200);
  });

  it('lets those call a URL with AWS_IAM who may', async ({ expect }) => {
    const { url } = await useTwoAccounts();
    const call = (terms: Partial<SigningTerms>): Promise<Response> => {
      const request = { method: 'GET', url: url('shared'), headers: {}, body: Buffer.alloc(0) };
      const signing = { ...EVE, region: 'us-east-1', nowMs: Date.now(), ...terms };
      return fetch(request.url, { headers: signRequest(request, signing) });
    };
    const event = (await (await call({})).json()) as { requestContext: object };
    expect(event.requestContext).toMatchObject({
      accountId: '111111111111',
      authorizer: { iam: { accessKey: 'AKIAEVE', userArn: 'arn:aws:iam::111111111111:user/eve' } },
    });
    expect((await call({ secretAccessKey: 'wrong' })).status).toBe(403);
    const unsigned = await fetch(url('shared'));
    expect([unsigned.status, await unsigned.text()]).toEqual([403, '{"Message":"Forbidden"}']);
  });
});
