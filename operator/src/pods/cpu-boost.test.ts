import { makeLogger } from '@mayfly/telemetry';
import { describe, it } from 'vitest';
import { CpuBoost } from './cpu-boost.ts';

const POD = { ref: { namespace: 'default', name: 'hello-1' }, memorySizeMb: 1769 };
const SETTINGS = {
  agentImage: 'agent:1',
  imagePullPolicy: 'Never',
  imagePullSecrets: [],
  runtimeImages: {},
  cpuRequestRatio: 0.1,
  announceUrl: 'http://leader:8081/announcements',
} as const;

describe('the CPU of a pod', () => {
  it('is its share once init is over', async ({ expect }) => {
    const resized: unknown[] = [];
    const resize = (...call: readonly unknown[]): Promise<unknown> => {
      resized.push(call.slice(0, 2));
      return Promise.resolve();
    };
    const logger = makeLogger({ level: 'silent' });
    await new CpuBoost({ client: { resize }, settings: SETTINGS, logger }).end(POD);
    expect(resized).toMatchObject([
      [POD.ref, { name: 'function', resources: { limits: { cpu: '1000m' } } }],
    ]);
  });

  it('stays what it was where pods cannot be resized, and that is said once', async ({
    expect,
  }) => {
    const said: unknown[] = [];
    const logger = { warn: (...line: readonly unknown[]) => said.push(line) } as never;
    const client = { resize: () => Promise.reject(new Error('no such subresource')) };
    const boost = new CpuBoost({ client, settings: SETTINGS, logger });
    await boost.end(POD);
    await boost.end(POD);
    expect(said).toHaveLength(1);
  });
});
