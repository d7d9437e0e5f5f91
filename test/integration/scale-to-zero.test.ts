import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../helpers/platform.ts';

const WHERE = 'exports.handler = async (event, context) => context.logStreamName;';

describe('scale to zero', () => {
  it('ends an idle execution environment and wakes the function for the next call', async ({
    expect,
  }) => {
    const { invoke, get } = await usePlatform({
      functions: [aNodeFunction('where', WHERE, { scaling: { idleSeconds: 1 } })],
    });
    const first = await invoke('where');

    await eventually(async () => {
      expect((await get('where'))?.status?.executionEnvironments).toEqual({
        desired: 0,
        ready: 0,
        busy: 0,
      });
    });
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
