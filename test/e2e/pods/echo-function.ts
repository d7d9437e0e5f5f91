import { createHash } from 'node:crypto';
import { zipInline } from '@mayfly/code';
import type { AssignRequest, CreateRequest } from '@mayfly/core';
import { aCreateRequest } from '@mayfly/testkit';

const BOOTSTRAP = `#!/bin/sh
if [ "$FAIL_INIT" = 1 ]; then exit 3; fi
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  payload=$(curl -sS -D /tmp/headers "$api/next") || exit 1
  id=$(tr -d '\\r' < /tmp/headers | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  curl -sS -o /dev/null -X POST "$api/$id/response" -d "$payload"
done
`;

/** The archive of a function that answers with its event. */
export function makeEchoArchive(): Promise<Uint8Array> {
  return zipInline({ runtime: 'provided.al2023', handler: 'bootstrap', source: BOOTSTRAP });
}

/** Binds an execution environment to that function. */
export function anEchoAssignment(
  executionEnvironmentId: string,
  archive: Uint8Array,
  of: { readonly owner: CreateRequest['owner']; readonly namespace: string },
): AssignRequest {
  const { key, configuration, runtime } = aCreateRequest(executionEnvironmentId, of);
  return {
    executionEnvironmentId,
    key,
    configuration,
    runtime,
    functionName: 'fixture',
    version: '$LATEST',
    region: 'eu-central-1',
    accountId: '000000000000',
    handler: 'bootstrap',
    memorySizeMb: 128,
    timeoutMs: 10_000,
    initTimeoutMs: 10_000,
    initializationType: 'on-demand',
    environmentVariables: {},
    logFormat: 'Text',
    codeSha256: createHash('sha256').update(archive).digest('base64'),
    codeSize: archive.length,
  };
}
