import { makeLogger } from '@mayfly/telemetry';
import { describe, it } from 'vitest';
import { askOthers } from './ask-others.ts';

const SIGHTING = {
  kind: 'Function',
  namespace: 'default',
  name: 'hello',
  uid: 'u1',
  resourceVersion: '7',
} as const;

describe('a write', () => {
  it('waits for every other gateway, and fails for none that has not heard', async ({ expect }) => {
    const asked: string[] = [];
    const awaitOthers = askOthers({
      siblings: () => [
        { gatewayId: 'a', address: '10.0.0.1:1' },
        { gatewayId: 'b', address: '10.0.0.2:1' },
      ],
      forwarder: {
        ask: ({ gatewayId }, sighting) => {
          expect(sighting).toEqual(SIGHTING);
          asked.push(gatewayId);
          return Promise.resolve(gatewayId === 'a');
        },
      },
      logger: makeLogger({ level: 'silent', pretty: false }),
    });
    await awaitOthers(SIGHTING);
    expect(asked).toEqual(['a', 'b']);
  });
});
