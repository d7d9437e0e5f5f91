import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../helpers/platform.ts';

const SLOW = aNodeFunction(
  'slow',
  "exports.handler = async () => { await new Promise((r) => setTimeout(r, 1000)); return 'finished'; };",
  { timeout: 10 },
);

describe('closing the platform', () => {
  it('lets running invocations finish and takes no new ones', async ({ expect }) => {
    const { invoke, handle } = await usePlatform({ functions: [SLOW] });
    await invoke('slow');
    const running = invoke('slow');
    // The invocation has begun once a second one would need another execution environment.
    await expect
      .poll(async () => (await fetch(`${handle.adminUrl}/metrics`)).text(), { timeout: 5_000 })
      .toMatch(/mayfly_concurrent_executions(\{[^}]*\})? 1/);

    const closed = handle.close();

    expect((await running).payload).toBe('finished');
    await closed;
    await expect(invoke('slow')).rejects.toThrow();
  });

  it('can be asked twice', async ({ expect }) => {
    const { handle } = await usePlatform();

    await expect(Promise.all([handle.close(), handle.close()])).resolves.toBeDefined();
    await handle.destroy();
  });
});
