import { describe, it } from 'vitest';
import { AccessReviewApi } from './access-review-api.ts';
import { answerWith, refuseWith, useApiServer } from './testing/api-server.ts';

const USER = { username: 'system:serviceaccount:team-a:alice', groups: ['system:authenticated'] };
const ACCESS = {
  user: { ...USER, uid: 'u', extra: { scopes: ['a'] } },
  verb: 'invoke',
  group: 'mayfly.dev',
  resource: 'functions',
  namespace: 'default',
  name: 'hello',
} as const;

describe('a question about a right', () => {
  it.for([
    [{ status: { allowed: true } }, true],
    [{ status: { allowed: false, reason: 'no' } }, false],
    [{ status: { denied: true } }, false],
    [{}, false],
  ] as const)('that is answered by %o is %s', async ([answer, isAllowed], { expect }) => {
    const server = await useApiServer();
    server.answer = answerWith(answer);
    expect(await new AccessReviewApi(server.api).isAllowed(ACCESS)).toBe(isAllowed);
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: {
          kind: 'SubjectAccessReview',
          spec: {
            user: USER.username,
            groups: USER.groups,
            uid: 'u',
            extra: { scopes: ['a'] },
            resourceAttributes: {
              verb: 'invoke',
              group: 'mayfly.dev',
              resource: 'functions',
              namespace: 'default',
              name: 'hello',
            },
          },
        },
      },
    ]);
  });

  it('that is refused is no answer', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(403, 'Forbidden');
    const asked = new AccessReviewApi(server.api).isAllowed(ACCESS);
    await expect(asked).rejects.toMatchObject({ status: 403 });
  });
});

describe('a token', () => {
  it.for([
    [{ status: { authenticated: true, user: USER } }, USER],
    [{ status: { authenticated: true, user: { username: 'bob' } } }, { username: 'bob' }],
    [{ status: { authenticated: false, user: USER } }, undefined],
    [{ status: { error: 'expired' } }, undefined],
    [{ status: { authenticated: true } }, undefined],
  ] as const)('that is answered by %o is that of %o', async ([answer, user], { expect }) => {
    const server = await useApiServer();
    server.answer = answerWith(answer);
    const found = await new AccessReviewApi(server.api).whoHas('a-token');
    if (user === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(user);
    expect(server.requests).toMatchObject([
      {
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: { kind: 'TokenReview', spec: { token: 'a-token' } },
      },
    ]);
  });
});
