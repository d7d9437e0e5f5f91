import { describe, it } from 'vitest';
import { parseConfig } from './config.ts';

describe('parseConfig', () => {
  it('has a default for everything and is frozen', ({ expect }) => {
    const config = parseConfig({});
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      region: 'us-east-1',
      accountId: '000000000000',
      maxPayloadBytes: 6_291_456,
      queue: { maxLength: 1000, maxBytes: 268_435_456, timeoutMs: 60_000 },
    });
    expect(Object.isFrozen(config) && Object.isFrozen(config.queue)).toBe(true);
  });

  it('wants room for the largest payload', ({ expect }) => {
    const variables = { MAYFLY_MAX_WAITING_BYTES: '3000', MAYFLY_MAX_PAYLOAD_BYTES: '1000' };
    expect(() => parseConfig(variables)).toThrow(
      'MAYFLY_MAX_WAITING_BYTES: must be at least 4 times MAYFLY_MAX_PAYLOAD_BYTES',
    );
  });

  it('names all mistakes at once', ({ expect }) => {
    const variables = {
      MAYFLY_GATEWAY_PORT: '99999',
      MAYFLY_REGION: 'moon',
      MAYFLY_ACCOUNT_ID: '1',
    };
    expect(() => parseConfig(variables)).toThrow(
      /MAYFLY_GATEWAY_PORT.*MAYFLY_REGION.*MAYFLY_ACCOUNT_ID/s,
    );
  });
});
