import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { aNodeFunction, useDirectory, usePlatform } from '../../helpers/platform.ts';
import { ensurePythonClients, runAws, type ProgramResult } from '../../helpers/python-clients.ts';

const GREET = aNodeFunction(
  'greet',
  "exports.handler = async (event) => { console.log('greeting'); if (!event.name) throw new TypeError('who?'); return `Hi ${event.name}!`; };",
);
const SETUP_MS = 180_000;

interface Called extends ProgramResult {
  /** Text of `out.json`, or undefined. */
  readonly out: string | undefined;
}

/** `aws lambda invoke … out.json` in a folder of its own. */
async function useAwsInvoke(): Promise<(...args: string[]) => Promise<Called>> {
  await ensurePythonClients();
  const { gatewayUrl } = await usePlatform({ functions: [GREET] });
  return async (...args) => {
    const directory = useDirectory();
    const command = ['lambda', 'invoke', ...args, 'out.json'];
    const result = await runAws(command, { gatewayUrl, directory });
    return { ...result, out: readOut(directory) };
  };
}

function readOut(directory: string): string | undefined {
  try {
    return readFileSync(path.join(directory, 'out.json'), 'utf8');
  } catch {
    return undefined;
  }
}

describe('aws lambda invoke', () => {
  it(
    'writes the answer to a file and prints what the service said of it',
    {
      timeout: SETUP_MS,
    },
    async ({ expect }) => {
      const invoke = await useAwsInvoke();

      const called = await invoke('--function-name', 'greet', '--payload', '{"name":"Ada"}');

      expect(called).toMatchObject({ exitCode: 0, stderr: '', out: '"Hi Ada!"' });
      expect(JSON.parse(called.stdout)).toEqual({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    },
  );

  it('shows the log and the error of a function', { timeout: SETUP_MS }, async ({ expect }) => {
    const invoke = await useAwsInvoke();

    const called = await invoke('--function-name', 'greet', '--log-type', 'Tail');

    expect(called.exitCode).toBe(0);
    const printed = JSON.parse(called.stdout) as { LogResult: string };
    expect(printed).toMatchObject({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      ExecutedVersion: '$LATEST',
    });
    expect(Buffer.from(printed.LogResult, 'base64').toString()).toMatch(
      /^(.|\n)*START RequestId: .*\n.*greeting\n(.|\n)*REPORT RequestId: /,
    );
    expect(JSON.parse(called.out ?? '')).toMatchObject({
      errorType: 'TypeError',
      errorMessage: 'who?',
    });
  });

  it(
    'ends with status 255 and the code of the error when the function does not exist',
    {
      timeout: SETUP_MS,
    },
    async ({ expect }) => {
      const invoke = await useAwsInvoke();

      const called = await invoke('--function-name', 'nobody');

      expect(called).toMatchObject({ exitCode: 255, stdout: '', out: undefined });
      expect(called.stderr).toContain(
        'An error occurred (ResourceNotFoundException) when calling the Invoke operation: Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody',
      );
    },
  );

  it(
    'is told in words which operations are not served',
    { timeout: SETUP_MS },
    async ({ expect }) => {
      await ensurePythonClients();
      const { gatewayUrl } = await usePlatform({ functions: [GREET] });

      const listed = await runAws(
        ['lambda', 'list-capacity-providers', '--cli-read-timeout', '5'],
        {
          gatewayUrl,
          directory: useDirectory(),
        },
      );

      expect(listed.exitCode).not.toBe(0);
      expect(listed.stderr).toContain('NotImplementedException');
      expect(listed.stderr).toContain(
        'The operation ListCapacityProviders is not served by Mayfly.',
      );
    },
  );
});
