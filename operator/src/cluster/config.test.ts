import { describe, it } from 'vitest';
import { loadClusterConfig } from './config.ts';

const LEAST = {
  MAYFLY_POD_NAME: 'mayfly-operator-1',
  MAYFLY_POD_NAMESPACE: 'mayfly-system',
  MAYFLY_LEADER_HOST: 'mayfly-operator-leader.mayfly-system.svc',
  MAYFLY_AGENT_IMAGE: 'mayfly/agent:1',
};

describe('the configuration of an operator in a cluster', () => {
  it('needs to know who it is, whom it leads to and the image of the agent', ({ expect }) => {
    const config = loadClusterConfig(LEAST);

    expect(config.identity.fullname).toBe('mayfly');
    expect(config.codeStore).toEqual({ type: 'volume', path: '/var/lib/mayfly/code' });
    expect(config.operator.settleMs).toBe(3000);
  });

  it('names every mistake at once', ({ expect }) => {
    const load = () =>
      loadClusterConfig({
        ...LEAST,
        MAYFLY_AGENT_IMAGE: '',
        MAYFLY_RUNTIME_IMAGES: '{nodejs}',
        MAYFLY_POOLS: '[{"runtime":"nodejs24.x"}]',
        MAYFLY_CODE_STORE: '{"type":"floppy"}',
      });

    for (const name of ['AGENT_IMAGE', 'RUNTIME_IMAGES', 'POOLS', 'CODE_STORE']) {
      expect(load).toThrow(`MAYFLY_${name}`);
    }
  });

  it('reads what is JSON', ({ expect }) => {
    const { pods, codeStore } = loadClusterConfig({
      ...LEAST,
      MAYFLY_RUNTIME_IMAGES: '{"nodejs24.x":"lambda/nodejs:24"}',
      MAYFLY_POOLS: '[{"namespace":"default","runtime":"nodejs24.x","memorySize":128,"size":2}]',
      MAYFLY_CODE_STORE: '{"type":"s3","bucket":"code","endpoint":"http://s3.example:9000"}',
    });

    expect(pods.runtimeImages).toEqual({ 'nodejs24.x': 'lambda/nodejs:24' });
    expect(pods.pools[0]?.size).toBe(2);
    expect(codeStore).toMatchObject({ type: 's3', bucket: 'code', prefix: '' });
  });

  it('takes a folder for a lasting volume, unless it says how many operators have one', ({
    expect,
  }) => {
    const lasting = { type: 'volume', path: '/var/lib/mayfly/code' };
    expect(loadClusterConfig(LEAST).codeStore).toEqual(lasting);
    const own = { ...lasting, replicas: 2 };
    const { codeStore } = loadClusterConfig({ ...LEAST, MAYFLY_CODE_STORE: JSON.stringify(own) });
    expect(codeStore).toEqual(own);
  });
});
