import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';
import { invocationPath, sendRaw } from '../../helpers/raw-http.ts';

const TRACE = aNodeFunction('trace', 'exports.handler = async () => process.env._X_AMZN_TRACE_ID;');
const GIVEN =
  'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:2';

describe('the trace header', () => {
  it('of the caller reaches the handler and comes back', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [TRACE] });

    const answer = await sendRaw(gatewayUrl, {
      path: invocationPath('trace'),
      headers: { 'X-Amzn-Trace-Id': GIVEN },
    });

    expect(JSON.parse(answer.body.toString())).toBe(GIVEN);
    expect(answer.headers['x-amzn-trace-id']).toBe(GIVEN);
  });

  it('is made when the caller has none, a new one for each invocation', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [TRACE] });

    const first = await sendRaw(gatewayUrl, { path: invocationPath('trace') });
    const second = await sendRaw(gatewayUrl, { path: invocationPath('trace') });

    const seen = JSON.parse(first.body.toString()) as string;
    expect(seen).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/);
    expect(first.headers['x-amzn-trace-id']).toBe(seen);
    expect(second.headers['x-amzn-trace-id']).not.toBe(seen);
    const seconds = Number.parseInt(seen.slice('Root=1-'.length).slice(0, 8), 16);
    expect(Math.abs(seconds - Date.now() / 1000)).toBeLessThan(60);
  });

  it('is replaced when it cannot be passed on', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [TRACE] });

    for (const odd of ['x'.repeat(1000), 'Root=\xe9']) {
      const answer = await sendRaw(gatewayUrl, {
        path: invocationPath('trace'),
        headers: { 'x-amzn-trace-id': odd },
      });
      expect(answer.headers['x-amzn-trace-id']).toMatch(/^Root=1-/);
      expect(JSON.parse(answer.body.toString())).toBe(answer.headers['x-amzn-trace-id']);
    }
  });
});
