import { createHash } from 'node:crypto';
import { zipInline } from '@mayfly/code';
import {
  aCreateRequest,
  describeExecutionEnvironmentDriver,
  type DriverUnderTest,
} from '@mayfly/testkit';
import { kubectl, makeNamespace, startPodBed } from './pod-bed.ts';

const BOOTSTRAP = `#!/bin/sh
if [ "$FAIL_INIT" = 1 ]; then exit 3; fi
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  payload=$(curl -sS -D /tmp/headers "$api/next") || exit 1
  id=$(tr -d '\\r' < /tmp/headers | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  curl -sS -o /dev/null -X POST "$api/$id/response" -d "$payload"
done
`;

async function make(): Promise<DriverUnderTest> {
  const { namespace, uid } = makeNamespace();
  const archive = await zipInline({
    runtime: 'provided.al2023',
    handler: 'bootstrap',
    source: BOOTSTRAP,
  });
  const bed = await startPodBed({
    namespace,
    archive: Buffer.from(archive).toString('base64'),
  });
  const driver = bed.build();
  await driver.find();
  const owner = { name: 'fixture', uid };
  return {
    driver,
    namespace,
    owner,
    restart: () => Promise.resolve(bed.build()),
    anEchoAssignment: (executionEnvironmentId) => {
      const { key, configuration, runtime } = aCreateRequest(executionEnvironmentId, {
        owner,
        namespace,
      });
      return Promise.resolve({
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
      });
    },
    // The agent is process 1 of its container: it dies with what ends it from outside.
    crashAgent: (id) => {
      const selector = `mayfly.dev/execution-environment=${id}`;
      kubectl('delete', 'pod', '-n', namespace, '-l', selector, '--grace-period=0', '--force');
    },
    close: () => bed.close(),
  };
}

describeExecutionEnvironmentDriver('the pod driver', make);
