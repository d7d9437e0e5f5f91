import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../helpers/platform.ts';

describe('1,000 functions', () => {
  it('are all there after the start, none of them running', async ({ expect }) => {
    const functions = Array.from({ length: 1_000 }, (_, n) =>
      aNodeFunction(`fn-${String(n)}`, `exports.handler = async () => ${String(n)};`),
    );
    const { invoke, get } = await usePlatform({ functions });

    expect((await invoke('fn-999')).payload).toBe(999);
    expect((await get('fn-500'))?.status).toMatchObject({
      state: 'Active',
      executionEnvironments: { desired: 0 },
    });
  });
});
