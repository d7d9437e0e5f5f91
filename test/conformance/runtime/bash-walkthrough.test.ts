import { describe, it } from 'vitest';
import { usePlatform } from '../../helpers/platform.ts';

// The tutorial "Building a custom runtime" of the developer guide: two files, zipped.
const BOOTSTRAP = String.raw`#!/bin/sh
set -euo pipefail
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"
while true
do
  HEADERS="$(mktemp)"
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "http://${'$'}{AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")
  curl "http://${'$'}{AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response" -d "$RESPONSE"
done
`.replace('#!/bin/sh', '#!/usr/bin/env bash'); // Amazon Linux's sh is bash; other systems' is not.

const FUNCTION = String.raw`function handler () {
  EVENT_DATA=$1
  echo "$EVENT_DATA" 1>&2;
  RESPONSE="Echoing request: '$EVENT_DATA'"
  echo $RESPONSE
}
`;

const SPEC = { runtime: 'provided.al2023', handler: 'function.handler' };
const BASH_RUNTIME = {
  name: 'bash-runtime',
  spec: SPEC,
  files: { bootstrap: BOOTSTRAP, 'function.sh': FUNCTION },
};

describe('the custom runtime of the walkthrough', () => {
  it('answers with text that is not JSON, as it is', async ({ expect }) => {
    const platform = await usePlatform({ functions: [BASH_RUNTIME] });
    const result = await platform.invoke('bash-runtime', { text: 'Hello' }, { logTail: true });
    expect(result.statusCode).toBe(200);
    expect(result.executedVersion).toBe('$LATEST');
    expect(result.functionError).toBeUndefined();
    expect(result.raw.toString()).toBe(`Echoing request: '{"text":"Hello"}'`);
    expect(result.logTail).toContain('{"text":"Hello"}');
  });

  it('serves one invocation after the other', async ({ expect }) => {
    const platform = await usePlatform({ functions: [BASH_RUNTIME] });
    for (const text of ['one', 'two', 'three']) {
      const { raw } = await platform.invoke('bash-runtime', { text });
      expect(raw.toString()).toBe(`Echoing request: '{"text":"${text}"}'`);
    }
  });

  it('fails when the package has no bootstrap', async ({ expect }) => {
    const functions = [{ ...BASH_RUNTIME, files: { 'function.sh': FUNCTION } }];
    const platform = await usePlatform({ functions });
    const { functionError, payload } = await platform.invoke('bash-runtime', {});
    expect(functionError).toBe('Unhandled');
    expect(payload).toHaveProperty('errorType', 'Runtime.InvalidEntrypoint');
  });
});
