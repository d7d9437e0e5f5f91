import { describe, it } from 'vitest';
import { KubeVersionNumbers } from './kube-version-numbers.ts';
import { answerWith, useApiServer } from './testing/api-server.ts';

describe('KubeVersionNumbers', () => {
  it.for(['constructor', 'toString', '__proto__'])(
    'count a function that is called %s from 1',
    async (functionName, { expect }) => {
      const server = await useApiServer();
      server.answer = answerWith({ metadata: { resourceVersion: '7' }, data: { other: '3' } });
      const numbers = new KubeVersionNumbers({ api: server.api, namespace: 'ns', prefix: 'm' });
      expect(await numbers.next({ namespace: 'default', functionName }, 0)).toBe(1);
      const [, { body } = {}] = server.requests;
      expect(JSON.stringify(body)).toContain(`"data":{"${functionName}":"1"}`);
    },
  );
});
