import type { Permission } from '@mayfly/core';
import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import {
  Authorizer,
  type AccessQuestion,
  type AuthorizerDeps,
  type WantedAccess,
} from './authorizer.ts';
import { ANONYMOUS, toServiceAccountUser, toUserArn, type ProvenCaller } from './caller.ts';

const HERE = '000000000000';
const ELSEWHERE = '111111111111';
const INVOKE = 'lambda:InvokeFunction';
const HELLO = { namespace: 'default', functionName: 'Hello' } as const;
const NONE: readonly Permission[] = [];

function aCaller(overrides: Partial<ProvenCaller> = {}): ProvenCaller {
  const user = toServiceAccountUser('team-a', 'alice');
  const accountId = overrides.accountId ?? HERE;
  const arn = toUserArn(accountId, user.username);
  return { kind: 'principal', arn, accountId, accessKeyId: 'AKID', user, ...overrides };
}

/** RBAC allows these; everything else is denied. */
function makeAuthorizer(rights: readonly string[], overrides: Partial<AuthorizerDeps> = {}) {
  const clock = new FakeClock();
  const questions: AccessQuestion[] = [];
  const world = { isDown: false };
  const authorizer = new Authorizer({
    reviewer: {
      isAllowed: (question) => {
        questions.push(question);
        if (world.isDown) return Promise.reject(new Error('down'));
        const { verb, resource, name } = question;
        return Promise.resolve(rights.includes(`${verb} ${resource} ${name ?? '*'}`));
      },
    },
    find: () => ({ objectName: 'hello-1a2b', permissionsOf: () => NONE }),
    clock,
    region: 'us-east-1',
    accountId: HERE,
    namespace: 'default',
    onError: () => undefined,
    ...overrides,
  });
  return { authorizer, questions, clock, world };
}

function withPolicy(qualifier: string | undefined, ...permissions: readonly Partial<Permission>[]) {
  const filled = permissions.map((permission, index) => ({
    statementId: index.toString(),
    principal: '*',
    action: INVOKE,
    ...permission,
  }));
  return {
    find: () => ({
      objectName: 'hello',
      permissionsOf: (of: string | undefined) => (of === qualifier ? filled : []),
    }),
  };
}

describe('Authorizer', () => {
  it('asks nothing about anonymous callers: identity is off', async ({ expect }) => {
    const { authorizer, questions } = makeAuthorizer([]);
    await authorizer.authorize(ANONYMOUS, { action: INVOKE, resource: HELLO });
    expect(questions).toEqual([]);
  });

  it('asks RBAC about the object that the function is', async ({ expect }) => {
    const { authorizer, questions } = makeAuthorizer(['invoke functions hello-1a2b']);
    const caller = aCaller();
    await authorizer.authorize(caller, { action: INVOKE, resource: HELLO });
    await authorizer.authorize(caller, { action: INVOKE, resource: HELLO });
    expect(questions).toEqual([
      {
        user: caller.user,
        verb: 'invoke',
        resource: 'functions',
        namespace: 'default',
        name: 'hello-1a2b',
      },
    ]);
  });

  it.for([
    ['lambda:GetFunction', HELLO, 'get functions hello-1a2b'],
    ['lambda:ListFunctions', undefined, 'list functions *'],
    ['lambda:CreateFunction', HELLO, 'create functions *'],
    ['lambda:PublishVersion', HELLO, 'create versions *'],
    [INVOKE, { ...HELLO, qualifier: 'live' }, 'invoke functions hello-1a2b'],
    [INVOKE, { ...HELLO, qualifier: 'live' }, 'invoke functions hello-1a2b:live'],
    ['lambda:InvokeFunctionUrl', HELLO, 'invoke functions hello-1a2b'],
  ] as const)('allows %s of %o by the right %s', async ([action, resource, right], { expect }) => {
    const { authorizer } = makeAuthorizer([right]);
    const allowed = authorizer.authorize(aCaller(), { action, resource });
    await expect(allowed).resolves.toBeUndefined();
  });

  it.for([
    [
      { action: 'lambda:GetFunction', resource: { ...HELLO, qualifier: '1' } },
      'arn:aws:lambda:us-east-1:000000000000:function:Hello:1',
    ],
    [{ action: 'lambda:ListFunctions', resource: undefined }, '*'],
    [{ action: 'lambda:GetLayerVersion', resource: undefined, resourceArn: 'arn:x' }, 'arn:x'],
  ] satisfies [WantedAccess, string][])(
    'refuses %o in the words of AWS',
    async ([wanted, arn], { expect }) => {
      const { authorizer } = makeAuthorizer(['invoke functions hello-1a2b']);
      const refused = authorizer.authorize(aCaller(), wanted);
      await expect(refused).rejects.toMatchObject({
        code: 'AccessDeniedException',
        message:
          `User: arn:aws:iam::000000000000:user/team-a/alice is not authorized to perform: ${wanted.action} ` +
          `on resource: ${arn} because no identity-based policy allows the ${wanted.action} action`,
      });
    },
  );

  it('answers 503 when nobody can say, and goes on with what it knows', async ({ expect }) => {
    const { authorizer, clock, world } = makeAuthorizer(['invoke functions hello-1a2b']);
    const wanted = { action: INVOKE, resource: HELLO };
    await authorizer.authorize(aCaller(), wanted);
    world.isDown = true;
    clock.step(60_000);
    await authorizer.authorize(aCaller(), wanted);
    clock.step(240_000);
    const refused = authorizer.authorize(aCaller(), wanted);
    await expect(refused).rejects.toMatchObject({ code: 'ServiceUnavailableException' });
  });

  it.for([
    ['everybody', { principal: '*' }, true],
    ['the user', { principal: `arn:aws:iam::${ELSEWHERE}:user/team-a/alice` }, true],
    ['the account', { principal: ELSEWHERE }, true],
    ['another user', { principal: `arn:aws:iam::${ELSEWHERE}:user/team-a/bob` }, false],
    ['a service', { principal: 's3.amazonaws.com' }, false],
    ['calls by the URL', { invokedViaFunctionUrl: true }, false],
  ] as const)(
    'lets a caller of another account in by a permission for %s: %o %s',
    async ([, permission, isAllowed], { expect }) => {
      const { authorizer } = makeAuthorizer([], withPolicy('live', permission));
      const wanted = { action: INVOKE, resource: { ...HELLO, qualifier: 'live' } };
      const done = authorizer.authorize(aCaller({ accountId: ELSEWHERE }), wanted);
      if (isAllowed) await expect(done).resolves.toBeUndefined();
      else await expect(done).rejects.toMatchObject({ code: 'AccessDeniedException' });
    },
  );

  it('leaves it to RBAC whom of its own account a permission means', async ({ expect }) => {
    const { authorizer } = makeAuthorizer([], withPolicy(undefined, { principal: HERE }));
    const refused = authorizer.authorize(aCaller(), { action: INVOKE, resource: HELLO });
    await expect(refused).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });

  it('takes the permissions of an alias for no other qualifier', async ({ expect }) => {
    const { authorizer } = makeAuthorizer([], withPolicy('live', {}));
    for (const resource of [HELLO, { ...HELLO, qualifier: '$LATEST' }]) {
      const refused = authorizer.authorize(aCaller(), { action: INVOKE, resource });
      await expect(refused).rejects.toMatchObject({ code: 'AccessDeniedException' });
    }
  });

  it('knows calls by the URL', async ({ expect }) => {
    const permission = {
      action: 'lambda:InvokeFunctionUrl',
      functionUrlAuthType: 'AWS_IAM',
    } as const;
    const { authorizer } = makeAuthorizer([], withPolicy(undefined, permission));
    const wanted = { action: 'lambda:InvokeFunctionUrl', resource: HELLO };
    await authorizer.authorize(aCaller(), { ...wanted, isUrlCall: true });
    const byApi = authorizer.authorize(aCaller(), { action: INVOKE, resource: HELLO });
    await expect(byApi).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });

  it('leaves an account everything that it has where there is no RBAC', async ({ expect }) => {
    const { authorizer } = makeAuthorizer([], { reviewer: undefined });
    const wanted = { action: 'lambda:DeleteFunction', resource: HELLO };
    await authorizer.authorize(aCaller({ user: undefined }), wanted);
    const stranger = aCaller({ user: undefined, accountId: ELSEWHERE });
    const refused = authorizer.authorize(stranger, wanted);
    await expect(refused).rejects.toMatchObject({ code: 'AccessDeniedException' });
  });
});
