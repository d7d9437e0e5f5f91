import { describe, it } from 'vitest';
import { parseConfig } from './config.ts';

const REQUIRED = { MAYFLY_EXECUTION_ENVIRONMENT_ID: 'ee-1', MAYFLY_AGENT_TOKEN: 't' };

describe('parseConfig', () => {
  it('has defaults for everything but identity', ({ expect }) => {
    expect(parseConfig(REQUIRED)).toStrictEqual({
      executionEnvironmentId: 'ee-1',
      token: 't',
      announceUrl: undefined,
      host: '127.0.0.1',
      port: 0,
      maxRequestBytes: 6_291_456,
      maxResponseBytes: 6_291_556,
      runtimeApiPort: 0,
      supervisorDir: undefined,
      spare: undefined,
      pod: {},
      exitOnStdinEnd: false,
    });
  });

  it('takes what is given', ({ expect }) => {
    const config = parseConfig({
      ...REQUIRED,
      MAYFLY_ANNOUNCE_URL: 'http://127.0.0.1:1/a',
      MAYFLY_AGENT_HOST: '0.0.0.0',
      MAYFLY_AGENT_PORT: '8080',
      MAYFLY_MAX_REQUEST_BYTES: '10',
      MAYFLY_MAX_RESPONSE_BYTES: '20',
      MAYFLY_EXIT_ON_STDIN_END: '1',
    });
    expect(config).toMatchObject({
      announceUrl: 'http://127.0.0.1:1/a',
      host: '0.0.0.0',
      port: 8080,
      maxRequestBytes: 10,
      maxResponseBytes: 20,
      exitOnStdinEnd: true,
    });
  });

  it('says every mistake at once', ({ expect }) => {
    const parse = (): unknown =>
      parseConfig({
        MAYFLY_ANNOUNCE_URL: 'ftp://x',
        MAYFLY_AGENT_PORT: '70000',
        MAYFLY_MAX_REQUEST_BYTES: '-1',
      });
    expect(parse).toThrow(
      'reading the configuration: MAYFLY_EXECUTION_ENVIRONMENT_ID is missing; MAYFLY_AGENT_TOKEN is missing; MAYFLY_ANNOUNCE_URL must be an http:// URL; MAYFLY_MAX_REQUEST_BYTES must be a whole number; MAYFLY_AGENT_PORT must be at most 65535',
    );
  });
});
