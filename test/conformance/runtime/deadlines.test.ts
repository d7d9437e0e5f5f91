import { describe, it } from 'vitest';
import { bash, nodejs, python, usePlatformWith } from './functions.ts';

const FUNCTIONS = [
  nodejs(
    'deadline-nodejs',
    'export const handler = async (event, context) => { if (event.hang) for (;;); return context.getRemainingTimeInMillis(); };',
    { timeout: 1 },
  ),
  python(
    'deadline-python',
    'def lambda_handler(event, context):\n    while "hang" in event:\n        pass\n    return context.get_remaining_time_in_millis()\n',
    { timeout: 1 },
  ),
  bash(
    'deadline-bash',
    String.raw`
  if [[ "$1" == *hang* ]]; then sleep 60; fi
  DEADLINE="$(grep -Fi Lambda-Runtime-Deadline-Ms "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)"
  echo -n $((DEADLINE - $(date +%s%3N)))`,
    { timeout: 1 },
  ),
];

describe.for(['deadline-nodejs', 'deadline-python', 'deadline-bash'])('%s', (name) => {
  it('is told how much of its timeout is left', async ({ expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, name);
    const { payload } = await platform.invoke(name, {});
    expect(payload).toBeGreaterThan(0);
    expect(payload).toBeLessThanOrEqual(1000);
  });

  it('is stopped at its timeout, and the next invocation works', async ({ expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, name);
    const timedOut = await platform.invoke(name, { hang: true }, { logTail: true });
    expect(timedOut).toMatchObject({
      statusCode: 200,
      functionError: 'Unhandled',
      payload: {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${timedOut.requestId} Error: Task timed out after 1.00 seconds`,
      },
    });
    expect(timedOut.logTail).toContain(`REPORT RequestId: ${timedOut.requestId}`);
    const next = await platform.invoke(name, {});
    expect(next.functionError).toBeUndefined();
    expect(next.payload).toBeGreaterThan(0);
  });
});
