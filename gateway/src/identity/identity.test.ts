import type { FunctionSpec } from '@mayfly/api';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { answerWith } from '../testing/fake-agent.ts';
import { startGatewayBed, type GatewayBed } from '../testing/gateway-bed.ts';
import { anAlias } from '../testing/qualified.ts';
import { aServedFunction } from '../testing/served-function.ts';
import type { AccessKey } from './access-keys.ts';
import type { AccessQuestion } from './authorizer.ts';
import type { IdentityDeps } from './compose-identity.ts';
import { sendPlain, sendSigned, SIGNING_CLOCK } from './testing/send-signed.ts';
import { KEY } from './testing/signed-by-aws.ts';

const ARN = 'arn:aws:iam::000000000000:user/team-a/alice';
const ACCESS_KEY: AccessKey = {
  secretAccessKey: KEY.secretAccessKey,
  principal: {
    arn: ARN,
    accountId: '000000000000',
    serviceAccount: { namespace: 'team-a', name: 'alice' },
  },
};
const INVOKE = {
  method: 'POST',
  path: '/2015-03-31/functions/hello/invocations',
  body: '{"a":1}',
} as const;
const URL_CALL = { method: 'POST', path: '/url/default/hello/a', body: 'x' } as const;
const TOKEN = 'a-token';

type World = GatewayBed & { readonly questions: AccessQuestion[] };

async function useBed(isAllowed: boolean, spec: Partial<FunctionSpec> = {}): Promise<World> {
  const questions: AccessQuestion[] = [];
  const identity: IdentityDeps = {
    accessKeys: { find: (id) => (id === KEY.accessKeyId ? ACCESS_KEY : undefined) },
    tokenReviewer: {
      review: (token) =>
        Promise.resolve(token === TOKEN ? { username: 'bob', groups: ['g'] } : undefined),
    },
    accessReviewer: {
      isAllowed: (question) => {
        questions.push(question);
        return Promise.resolve(isAllowed);
      },
    },
  };
  const bed = await startGatewayBed({
    functions: [aServedFunction({ spec }), aServedFunction({ name: 'open', spec: OPEN })],
    agent: answerWith('"hi"'),
    identity,
    clock: SIGNING_CLOCK,
    onFinished: (cleanUp) => {
      onTestFinished(cleanUp);
    },
  });
  return { ...bed, questions };
}

const OPEN = { url: { authType: 'NONE', invokeMode: 'BUFFERED' } } as const;
const SIGNED = { url: { authType: 'AWS_IAM', invokeMode: 'BUFFERED' } } as const;

describe('the API of a gateway that asks who calls', () => {
  it('takes a signed invocation of somebody who may', async ({ expect }) => {
    const { gateway, questions } = await useBed(true);
    const answer = await sendSigned(gateway.url, INVOKE);
    expect(answer).toMatchObject({ status: 200, body: '"hi"' });
    expect(questions).toMatchObject([
      { user: { username: 'system:serviceaccount:team-a:alice' }, verb: 'invoke', name: 'hello' },
    ]);
  });

  it('refuses somebody who may not, and does not say whether there is such a function', async ({
    expect,
  }) => {
    const { gateway } = await useBed(false);
    for (const functionName of ['hello', 'nothing']) {
      const path = `/2015-03-31/functions/${functionName}/invocations`;
      const answer = await sendSigned(gateway.url, { ...INVOKE, path });
      expect(answer.status).toBe(403);
      expect(answer.headers['x-amzn-errortype']).toBe('AccessDeniedException');
      expect(answer.body).toContain(
        `User: ${ARN} is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:${functionName} because no identity-based policy allows the lambda:InvokeFunction action`,
      );
    }
  });

  it('asks for the right of every operation', async ({ expect }) => {
    const { gateway, questions } = await useBed(false);
    const path = '/2015-03-31/functions/hello/aliases/live';
    const answer = await sendSigned(gateway.url, { method: 'DELETE', path });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('is not authorized to perform: lambda:DeleteAlias');
    expect(questions).toMatchObject([{ verb: 'delete', resource: 'aliases' }]);
    expect((await sendPlain(gateway.url, { method: 'DELETE', url: path })).status).toBe(403);
  });

  it.for([
    ['no signature', INVOKE.path, [], 'MissingAuthenticationTokenException'],
    ['no route', '/nothing/here', [], 'MissingAuthenticationTokenException'],
    ['a token that nobody knows', INVOKE.path, ['authorization', 'Bearer x'], 'UnrecognizedClient'],
  ] as const)('refuses %s', async ([, url, rawHeaders, code], { expect }) => {
    const { gateway } = await useBed(true);
    const answer = await sendPlain(gateway.url, { method: 'POST', url, rawHeaders, body: '{}' });
    expect(answer.status).toBe(403);
    expect(answer.headers['x-amzn-errortype']).toContain(code);
  });

  it('refuses a body that is not the one that was signed', async ({ expect }) => {
    const { gateway, agent } = await useBed(true);
    const answer = await sendSigned(gateway.url, INVOKE, { otherBody: '{"a":2}' });
    expect(answer.headers['x-amzn-errortype']).toBe('InvalidSignatureException');
    expect(agent.requests).toEqual([]);
  });

  it('takes a token of the cluster', async ({ expect }) => {
    const { gateway, questions } = await useBed(true);
    const rawHeaders = ['Authorization', `Bearer ${TOKEN}`];
    const request = { method: 'POST', url: INVOKE.path, rawHeaders, body: '{}' };
    expect((await sendPlain(gateway.url, request)).status).toBe(200);
    expect(questions).toMatchObject([{ user: { username: 'bob', groups: ['g'] } }]);
  });

  it('lets the permissions of an alias stand for a right', async ({ expect }) => {
    const bed = await useBed(false);
    const permission = { statementId: 'a', principal: ARN, action: 'lambda:InvokeFunction' };
    const alias = anAlias({ functionVersion: '$LATEST' });
    const spec = { ...alias.spec, permissions: [permission] };
    bed.store.put({ ...alias, spec });
    const statusOf = async (query: Record<string, string>): Promise<number> =>
      (await sendSigned(bed.gateway.url, { ...INVOKE, query })).status;
    await eventually(async () => {
      expect(await statusOf({ Qualifier: 'live' })).toBe(200);
    });
    expect(await statusOf({})).toBe(403);
    bed.store.put({ ...alias, spec: { ...spec, permissions: [] } });
    await eventually(async () => {
      expect(await statusOf({ Qualifier: 'live' })).toBe(403);
    });
  });
});

describe('a URL with the authType AWS_IAM', () => {
  it('says in the event who called', async ({ expect }) => {
    const { gateway, agent, questions } = await useBed(true, SIGNED);
    expect((await sendSigned(gateway.url, URL_CALL)).status).toBe(200);
    const event = JSON.parse(agent.requests[0]?.body ?? '') as { requestContext: object };
    expect(event.requestContext).toMatchObject({
      accountId: '000000000000',
      authentication: null,
      authorizer: {
        iam: {
          accessKey: KEY.accessKeyId,
          accountId: '000000000000',
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: ARN,
        },
      },
    });
    expect(questions).toMatchObject([{ verb: 'invoke', resource: 'functions', name: 'hello' }]);
  });

  it('takes a presigned request', async ({ expect }) => {
    const { gateway } = await useBed(true, SIGNED);
    const draft = { method: 'GET', path: '/url/default/hello/a', query: { b: 'c' } };
    const answer = await sendSigned(gateway.url, draft, { presignedForSeconds: 60 });
    expect(answer).toMatchObject({ status: 200, body: 'hi' });
  });

  it('is forbidden to those who may not, and to those who say nothing', async ({ expect }) => {
    const { gateway } = await useBed(false, SIGNED);
    const tokens = ['Authorization', `Bearer ${TOKEN}`];
    const answers = [
      await sendSigned(gateway.url, URL_CALL),
      await sendPlain(gateway.url, { method: 'GET', url: URL_CALL.path }),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 403, body: '{"Message":"Forbidden"}' });
      expect(answer.headers['x-amzn-errortype']).toBe('AccessDeniedException');
    }
    const request = { method: 'GET', url: URL_CALL.path, rawHeaders: tokens };
    expect((await sendPlain(gateway.url, request)).status).toBe(403);
  });

  it('says what is wrong with a signature', async ({ expect }) => {
    const { gateway } = await useBed(true, SIGNED);
    const answer = await sendSigned(gateway.url, URL_CALL, { otherBody: 'y' });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({
      message: expect.stringContaining(
        'The request signature we calculated does not match',
      ) as string,
    });
  });

  it('is open to whom a permission of the function allows it', async ({ expect }) => {
    const permissions = [
      {
        statementId: 'a',
        principal: ARN,
        action: 'lambda:InvokeFunctionUrl',
        functionUrlAuthType: 'AWS_IAM' as const,
      },
    ];
    const { gateway } = await useBed(false, { ...SIGNED, permissions });
    expect((await sendSigned(gateway.url, URL_CALL)).status).toBe(200);
    expect((await sendSigned(gateway.url, INVOKE)).status).toBe(403);
  });

  it('answers preflights of browsers, which sign nothing', async ({ expect }) => {
    const cors = { allowCredentials: false, allowOrigins: ['https://a.example'] };
    const { gateway } = await useBed(true, { url: { ...SIGNED.url, cors } });
    const answer = await fetch(`${gateway.url}/url/default/hello`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
    });
    expect(answer.status).toBe(200);
    expect((await fetch(`${gateway.url}/url/default/hello`, { method: 'OPTIONS' })).status).toBe(
      403,
    );
  });

  it('is closed where nobody can prove who they are', async ({ expect }) => {
    const bed = await startGatewayBed({
      functions: [aServedFunction({ spec: SIGNED })],
      onFinished: (cleanUp) => {
        onTestFinished(cleanUp);
      },
    });
    expect((await sendSigned(bed.gateway.url, URL_CALL)).status).toBe(403);
    expect((await bed.invoke('hello')).status).toBe(200);
  });
});

describe('a URL with the authType NONE', () => {
  it('stays open to everybody', async ({ expect }) => {
    const { gateway, questions } = await useBed(false);
    expect((await fetch(`${gateway.url}/url/default/open`)).status).toBe(200);
    expect(questions).toEqual([]);
  });
});
