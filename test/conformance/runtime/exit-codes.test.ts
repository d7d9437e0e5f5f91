import { describe, it } from 'vitest';
import { bash, nodejs, python, usePlatformWith } from './functions.ts';

const FUNCTIONS = [
  nodejs(
    'exit-nodejs',
    'export const handler = async (event) => { if (event.signal) process.kill(process.pid, event.signal); if ("status" in event) process.exit(event.status); if (event.signal) await new Promise(() => setInterval(() => {}, 1000)); return "fine"; };',
  ),
  python(
    'exit-python',
    'import os, signal\ndef lambda_handler(event, context):\n    if "signal" in event:\n        os.kill(os.getpid(), getattr(signal, event["signal"]))\n    if "status" in event:\n        os._exit(event["status"])\n    return "fine"\n',
  ),
  bash(
    'exit-bash',
    String.raw`
  if [[ "$1" =~ \"signal\":\"([A-Z]+)\" ]]; then kill -s "${'$'}{BASH_REMATCH[1]}" $$; fi
  if [[ "$1" =~ \"status\":([0-9]+) ]]; then exit "${'$'}{BASH_REMATCH[1]}"; fi
  echo -n '"fine"'`,
  ),
  nodejs('exit-in-init', 'process.exit(2);\nexport const handler = async () => "never";'),
];

describe.for(['exit-nodejs', 'exit-python', 'exit-bash'])('%s', (name) => {
  it.for([
    [{ status: 0 }, 'Runtime exited without providing a reason'],
    [{ status: 7 }, 'Runtime exited with error: exit status 7'],
    [{ signal: 'SIGKILL' }, 'Runtime exited with error: signal: killed'],
  ] as const)('may end with %o: the next invocation works', async ([event, reason], { expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, name);
    const ended = await platform.invoke(name, event);
    expect(ended).toMatchObject({
      statusCode: 200,
      functionError: 'Unhandled',
      payload: {
        errorType: 'Runtime.ExitError',
        errorMessage: `RequestId: ${ended.requestId} Error: ${reason}`,
      },
    });
    expect((await platform.invoke(name, {})).payload).toBe('fine');
  });
});

it('a runtime that ends in init fails every invocation with its exit status', async ({
  expect,
}) => {
  const platform = await usePlatformWith(FUNCTIONS, 'exit-in-init');
  for (let call = 0; call < 2; call += 1) {
    const { functionError, payload } = await platform.invoke('exit-in-init', {});
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/Error: Runtime exited with error: exit status 2$/),
    });
  }
});
