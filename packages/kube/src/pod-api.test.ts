import { FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { PodApi, type V1Pod, type V1ResourceRequirements } from './pod-api.ts';
import { answerWith, refuseWith, useApiServer } from './testing/api-server.ts';
import { anObject, useCollection } from './testing/collection.ts';

const POD = { namespace: 'ns', name: 'p' } as const;
// As it is written in a manifest.
const MANIFEST = { metadata: POD } as unknown as V1Pod;
const RESOURCES = { limits: { cpu: '1' } } as unknown as V1ResourceRequirements;
const PATH = '/api/v1/namespaces/ns/pods';

describe('the pods', () => {
  it.for([
    [
      'are made',
      (pods) => pods.create(MANIFEST),
      { method: 'POST', path: PATH, body: { metadata: POD } },
    ],
    [
      'are ended, in a given time',
      (pods) => pods.delete(POD, { gracePeriodSeconds: 0 }),
      { method: 'DELETE', path: `${PATH}/p`, body: { gracePeriodSeconds: 0 } },
    ],
    [
      'are labelled',
      (pods) => pods.patchMetadata(POD, { labels: { a: 'b', gone: null } }),
      {
        method: 'PATCH',
        path: `${PATH}/p`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { labels: { a: 'b', gone: null } } },
      },
    ],
    [
      'are resized in place',
      (pods) => pods.resize(POD, { name: 'function', resources: RESOURCES }),
      {
        method: 'PATCH',
        path: `${PATH}/p/resize`,
        contentType: 'application/strategic-merge-patch+json',
        body: { spec: { containers: [{ name: 'function', resources: { limits: { cpu: '1' } } }] } },
      },
    ],
    [
      'are found in all namespaces',
      (pods) => pods.list('a=b'),
      { method: 'GET', path: '/api/v1/pods', query: { labelSelector: 'a=b' } },
    ],
  ] satisfies [string, (pods: PodApi) => Promise<unknown>, object][])(
    '%s',
    async ([, act, request], { expect }) => {
      const server = await useApiServer();
      server.answer = answerWith({ items: [] });
      await act(new PodApi(server.api));
      expect(server.requests).toMatchObject([request]);
    },
  );

  it('that are not there need not be ended', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(404, 'NotFound');
    await new PodApi(server.api).delete(POD);
    expect(server.requests).toHaveLength(1);
  });

  it('are refused in the words of a quota', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(403, 'Forbidden', 'exceeded quota: pods=10');
    await expect(new PodApi(server.api).create(MANIFEST)).rejects.toMatchObject({
      status: 403,
      message: 'exceeded quota: pods=10',
    });
  });

  it('are followed', async ({ expect }) => {
    const collection = await useCollection();
    collection.items = [anObject('p', '1')];
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    const errors: unknown[] = [];
    const informer = new PodApi(collection.api).inform('a=b', {
      clock: new FakeClock(),
      onError: (error) => errors.push(error),
    });
    await informer.start(stop.signal);
    expect(informer.get('ns', 'p')).toEqual(anObject('p', '1'));
    expect([collection.requests[0]?.query['labelSelector'], errors]).toEqual(['a=b', []]);
  });
});
