import { describe, it } from 'vitest';
import { applyObject, deleteObject } from './apply-object.ts';
import { answerWith, refuseWith, useApiServer } from './testing/api-server.ts';

const POLICY = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'ns', name: 'p' },
  spec: { podSelector: {} },
} as const;
const POLICY_PATH = '/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies/p';
const OPTIONS = { fieldManager: 'us', resource: 'networkpolicies' } as const;

describe('applyObject', () => {
  it('sends a server-side apply that wins over others', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith(POLICY);
    await applyObject(server.api, POLICY, OPTIONS);
    expect(server.requests).toEqual([
      {
        method: 'PATCH',
        path: POLICY_PATH,
        query: { fieldManager: 'us', force: 'true' },
        contentType: 'application/apply-patch+yaml',
        body: POLICY,
      },
    ]);
  });

  it('finds objects of the core group', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith({});
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'ns', name: 's' } };
    await applyObject(server.api, service, { fieldManager: 'us', resource: 'services' });
    expect(server.requests[0]?.path).toBe('/api/v1/namespaces/ns/services/s');
  });

  it('throws a refusal', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(403, 'Forbidden');
    await expect(applyObject(server.api, POLICY, OPTIONS)).rejects.toMatchObject({ status: 403 });
  });
});

describe('deleteObject', () => {
  it.for([
    ['what is there', answerWith({})],
    ['what is not there', refuseWith(404, 'NotFound')],
  ] as const)('deletes %s', async ([, answer], { expect }) => {
    const server = await useApiServer();
    server.answer = answer;
    await deleteObject(server.api, POLICY, OPTIONS);
    expect(server.requests).toMatchObject([{ method: 'DELETE', path: POLICY_PATH }]);
  });

  it('throws a refusal', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(403, 'Forbidden');
    await expect(deleteObject(server.api, POLICY, OPTIONS)).rejects.toMatchObject({ status: 403 });
  });
});
