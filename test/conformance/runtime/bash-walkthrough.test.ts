import { it } from 'vitest';
import { describePromise, useFunctionUnderTest } from './harness/use-function.ts';

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

describePromise(
  'the custom runtime of the walkthrough',
  (runtime) => {
    const plan = { runtime, handler: 'function.handler' };

    it('answers one invocation after the other, with text that is not JSON, as it is', async ({
      expect,
    }) => {
      const files = { bootstrap: BOOTSTRAP, 'function.sh': FUNCTION };
      const fn = await useFunctionUnderTest({ ...plan, files });
      for (const text of ['one', 'two', 'three']) {
        const { status, functionError, payload, logTail } = await fn.invoke({ text });
        expect([status, functionError]).toEqual([200, undefined]);
        expect(payload).toBe(`Echoing request: '{"text":"${text}"}'`);
        expect(logTail).toContain(`{"text":"${text}"}`);
      }
    });

    it('fails when the package has no bootstrap', async ({ expect }) => {
      const fn = await useFunctionUnderTest({ ...plan, files: { 'function.sh': FUNCTION } });
      const { functionError, payload } = await fn.invoke({});
      expect(functionError).toBe('Unhandled');
      expect(payload).toHaveProperty('errorType', 'Runtime.InvalidEntrypoint');
    });
  },
  ['bash'],
);
