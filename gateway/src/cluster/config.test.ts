import { describe, it } from 'vitest';
import { parseClusterConfig } from './config.ts';

const NEEDED = {
  MAYFLY_POD_NAME: 'gateway-1',
  MAYFLY_POD_NAMESPACE: 'system',
  MAYFLY_POD_IP: '10.0.0.1',
  MAYFLY_LEADER_HOST: 'mayfly-operator-leader.system.svc',
};

describe('parseClusterConfig', () => {
  it('needs to know who it is, and has a default for the rest', ({ expect }) => {
    expect(parseClusterConfig({ ...NEEDED, MAYFLY_DRAIN_DELAY_MS: '8000' })).toMatchObject({
      gateway: { host: '0.0.0.0', port: 8080, drainDelayMs: 8000 },
      identity: { podName: 'gateway-1', fullname: 'mayfly' },
      operator: { port: 9443 },
      ports: { internal: 8082, admin: 9090 },
      logLevel: 'info',
    });
  });

  it('asks who calls unless it is told not to', ({ expect }) => {
    const callersOf = (variables: Record<string, string>) =>
      parseClusterConfig({ ...NEEDED, ...variables }).callers;
    expect(callersOf({})).toEqual({ accessKeysNamespace: 'default' });
    expect(callersOf({ MAYFLY_NAMESPACE: 'a' })).toEqual({ accessKeysNamespace: 'a' });
    const keys = { MAYFLY_NAMESPACE: 'a', MAYFLY_ACCESS_KEYS_NAMESPACE: 'keys' };
    expect(callersOf(keys)).toEqual({ accessKeysNamespace: 'keys' });
    expect(callersOf({ MAYFLY_IDENTITY_ENABLED: 'false' })).toBeUndefined();
    expect(() => callersOf({ MAYFLY_IDENTITY_ENABLED: 'no' })).toThrow('MAYFLY_IDENTITY_ENABLED');
  });

  it('names what is missing', ({ expect }) => {
    expect(() => parseClusterConfig({ MAYFLY_ADMIN_PORT: 'x' })).toThrow(
      /MAYFLY_POD_NAME[^]*MAYFLY_POD_IP[^]*MAYFLY_LEADER_HOST[^]*MAYFLY_ADMIN_PORT/,
    );
  });
});
