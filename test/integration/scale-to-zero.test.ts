import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../helpers/platform.ts';

const WHERE = 'exports.handler = async (event, context) => context.logStreamName;';

describe('scale to zero', () => {
  it('ends an idle execution environment and wakes the function for the next call', async ({
    expect,
  }) => {
    const { invoke, get } = await usePlatform({
      functions: [aNodeFunction('where', WHERE, { scaling: { idleSeconds: 2 } })],
    });
    const first = await invoke('where');

    const isCounted = async (desired: number): Promise<void> => {
      const counts = (await get('where'))?.status?.executionEnvironments;
      expect(counts).toEqual({ desired, ready: desired, busy: 0 });
    };
    // The status is written a second after a change: what it said before the call says nothing.
    await eventually(() => isCounted(1));
    await eventually(() => isCounted(0), { timeoutMs: 10_000 });
    const second = await invoke('where');

    expect(second.statusCode).toBe(200);
    expect(second.payload).not.toBe(first.payload);
  });

  it('reuses the warm one for the second call in a row', async ({ expect }) => {
    const { invoke } = await usePlatform({ functions: [aNodeFunction('where', WHERE)] });
    const first = await invoke('where');

    for (let i = 0; i < 20; i += 1) expect((await invoke('where')).payload).toBe(first.payload);
  });
});
