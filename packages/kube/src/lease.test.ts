import { describe, it } from 'vitest';
import { KubeLeaseStore } from './lease.ts';
import { answerWith, refuseWith, useApiServer, type ApiServer } from './testing/api-server.ts';

const RAW = {
  metadata: { namespace: 'ns', name: 'l', resourceVersion: '7' },
  spec: {
    holderIdentity: 'us',
    leaseDurationSeconds: 15,
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 3,
  },
} as const;
const RECORD = {
  resourceVersion: '7',
  holder: 'us',
  durationMs: 15_000,
  renewTime: '2026-01-01T00:00:00.000000Z',
  transitions: 3,
} as const;
const SIGNAL = new AbortController().signal;

function storeOf({ api }: ApiServer): KubeLeaseStore {
  return new KubeLeaseStore(api, { namespace: 'ns', name: 'l' });
}

describe('a Lease on the API server', () => {
  it('is read', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith(RAW);
    expect(await storeOf(server).get(SIGNAL)).toEqual(RECORD);
  });

  it('is undefined when it is not there', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(404, 'NotFound');
    expect(await storeOf(server).get(SIGNAL)).toBeUndefined();
  });

  it('that says nothing is held by nobody', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith({ metadata: { resourceVersion: '1' } });
    expect(await storeOf(server).get(SIGNAL)).toEqual({
      resourceVersion: '1',
      holder: '',
      durationMs: 0,
      renewTime: '',
      transitions: 0,
    });
  });

  it.for([
    ['create', 'POST', '', undefined],
    ['update', 'PUT', '/l', '7'],
  ] as const)('is written by %s', async ([verb, method, suffix, resourceVersion], { expect }) => {
    const server = await useApiServer();
    server.answer = answerWith(RAW);
    expect(await storeOf(server)[verb]({ ...RECORD, durationMs: 14_500 }, SIGNAL)).toEqual(RECORD);
    const [request] = server.requests;
    expect(request).toMatchObject({
      method,
      path: `/apis/coordination.k8s.io/v1/namespaces/ns/leases${suffix}`,
      body: { kind: 'Lease', spec: RAW.spec },
    });
    if (verb === 'update') {
      expect(request?.body).toHaveProperty('metadata.resourceVersion', resourceVersion);
    }
  });

  it('that somebody else has written is not overwritten', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(409, 'Conflict');
    await expect(storeOf(server).update(RECORD, SIGNAL)).rejects.toMatchObject({ status: 409 });
  });
});
