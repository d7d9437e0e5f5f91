import { describe, it } from 'vitest';
import { usePlatform } from '../../helpers/platform.ts';
import { ensurePythonClients, runPython } from '../../helpers/python-clients.ts';

const SETUP_MS = 180_000;
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:managed';

describe('boto3', () => {
  it(
    'manages a function, with waiters and paginators',
    { timeout: SETUP_MS },
    async ({ expect }) => {
      await ensurePythonClients();
      const { gatewayUrl } = await usePlatform();
      expect(await runPython('boto3_manage.py', { gatewayUrl, arguments: ['managed'] })).toEqual({
        state: 'Pending',
        published: '2',
        answer: 'two',
        executed: '2',
        functions: ['managed'],
        all: ['$LATEST', '1', '2'],
        versions: ['$LATEST', '1', '2'],
        aliases: ['live', 'next'],
        urls: [ARN, `${ARN}:live`],
        provisioned: [`${ARN}:1`],
        tags: { team: 'a' },
        gone: `Function not found: ${ARN}`,
      });
    },
  );
});
