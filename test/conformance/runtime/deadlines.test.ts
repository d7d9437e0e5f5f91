import { it } from 'vitest';
import { describePromise, PROBE_TIMEOUT, useProbe } from './harness/use-function.ts';

const TIMEOUT_MS = PROBE_TIMEOUT * 1000;

describePromise('the deadline', (runtime) => {
  it('is known to the function', async ({ expect }) => {
    const probe = await useProbe(runtime);
    const { remainingMs } = (await probe.ask('context')) as { readonly remainingMs: number };
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(TIMEOUT_MS);
  });

  it('ends an invocation, and the next one meets a new runtime in the same place', async ({
    expect,
  }) => {
    const probe = await useProbe(runtime);
    const before = (await probe.ask('count')) as { readonly stream: string };
    const timedOut = await probe.invoke({ ask: 'hang' });
    expect(timedOut).toMatchObject({
      status: 200,
      functionError: 'Unhandled',
      payload: {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${timedOut.requestId} Error: Task timed out after ${PROBE_TIMEOUT.toFixed(2)} seconds`,
      },
    });
    expect(timedOut.logTail).toMatch(
      new RegExp(`REPORT RequestId: ${timedOut.requestId}\\t.*Status: timeout`),
    );
    expect(await probe.ask('count')).toEqual({ count: 1, stream: before.stream });
  });
});
