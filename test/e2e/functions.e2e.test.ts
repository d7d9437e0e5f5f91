import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { eventually } from '@mayfly/testkit';
import { beforeAll, describe, it, onTestFinished } from 'vitest';
import { useLambdaClient } from '../helpers/lambda-client.ts';
import {
  API_NAMESPACE,
  gatewayUrl,
  kubectl,
  nodeSpec,
  pathUrl,
  podsOf,
  uniqueName,
  useFunction,
} from './helpers/cluster.ts';
import { useWebServer } from './helpers/web-server.ts';

const BASH = `set -euo pipefail
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while :; do
  event=$(curl -sSD /tmp/headers "$api/next")
  id=$(grep -i '^lambda-runtime-aws-request-id' /tmp/headers | tr -d '\\r' | cut -d' ' -f2)
  echo "bash got $event"
  curl -sS -o /dev/null -X POST "$api/$id/response" -d "{\\"bash\\":$event}"
done
`;

const GO = `package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, event json.RawMessage) (map[string]json.RawMessage, error) {
		fmt.Println("go got", string(event))
		return map[string]json.RawMessage{"go": event}, nil
	})
}
`;

/** A package of these files, as base64; built where it must be. */
function makeArchive(files: Readonly<Record<string, string>>, build = 'true'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mayfly-e2e-'));
  try {
    const script = Object.entries(files)
      .map(([name, text]) => `cat > ${name} <<'MAYFLY_EOF'\n${text}\nMAYFLY_EOF`)
      .join('\n');
    execFileSync('bash', ['-ec', `${script}\n${build}\npython3 -m zipfile -c code.zip *`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readFileSync(path.join(folder, 'code.zip')).toString('base64');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts an archive into a ConfigMap that goes with the test. */
function useConfigMap(archiveBase64: string): { readonly name: string; readonly key: string } {
  const name = uniqueName('code');
  const metadata = { name, namespace: API_NAMESPACE };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
  execFileSync('kubectl', ['create', '-f', '-'], {
    input: JSON.stringify({ ...configMap, binaryData: { 'code.zip': archiveBase64 } }),
  });
  onTestFinished(() => {
    kubectl('delete', 'configmap', name, '-n', API_NAMESPACE);
  });
  return { name, key: 'code.zip' };
}

async function callBySdk(name: string, event: object): Promise<unknown> {
  const client = useLambdaClient(gatewayUrl());
  const Payload = JSON.stringify(event);
  const answer = await client.send(new InvokeCommand({ FunctionName: name, Payload }));
  return JSON.parse(answer.Payload?.transformToString() ?? '');
}

async function expectLog(name: string, text: string): Promise<void> {
  await eventually(() => {
    const [pod] = podsOf(name);
    const log = kubectl('logs', '-n', API_NAMESPACE, pod?.metadata.name ?? 'no pod');
    if (!log.includes(text)) throw new Error(`the log has no ${text}: ${log}`);
  });
}

describe('functions on Kubernetes', () => {
  it('run inline Node.js, called by the SDK and by URL, with their log in kubectl logs', async ({
    expect,
  }) => {
    const source =
      'exports.handler = async (event) => { console.log("node got", event.name); return { node: event.name ?? event.rawPath }; }';
    const name = await useFunction(nodeSpec(source, { url: { authType: 'NONE' } }));

    expect(await callBySdk(name, { name: 'Ada' })).toEqual({ node: 'Ada' });
    const byUrl = await fetch(`${pathUrl(name)}some/path`);
    expect([byUrl.status, await byUrl.json()]).toEqual([200, { node: '/some/path' }]);
    await expectLog(name, 'node got');
    await expectLog(name, 'REPORT RequestId');
  });

  it('run inline Python', async ({ expect }) => {
    const source =
      'def handler(event, context):\n    print("python got", event)\n    return {"python": event}\n';
    const spec = { runtime: 'python3.13', handler: 'app.handler', code: { inline: source } };
    const name = await useFunction(spec);

    expect(await callBySdk(name, { a: 1 })).toEqual({ python: { a: 1 } });
    await expectLog(name, 'python got');
  });

  it('run an inline bash script as a custom runtime', async ({ expect }) => {
    const name = await useFunction({
      runtime: 'provided.al2023',
      handler: 'bootstrap',
      code: { inline: `#!/bin/bash\n${BASH}` },
    });

    expect(await callBySdk(name, { a: 1 })).toEqual({ bash: { a: 1 } });
    await expectLog(name, 'bash got');
  });

  it('run a zipped Node.js package out of a ConfigMap', async ({ expect }) => {
    const archive = makeArchive({
      'index.mjs':
        "import { answer } from './lib.mjs';\nexport const handler = async () => answer;",
      'lib.mjs': 'export const answer = 42;',
    });
    const name = await useFunction({
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      code: { zip: { configMap: useConfigMap(archive) } },
    });

    expect(await callBySdk(name, {})).toBe(42);
  });

  it('run a zipped Python package out of a ConfigMap', async ({ expect }) => {
    const archive = makeArchive({
      'app.py': 'from lib import answer\ndef handler(event, context):\n    return answer',
      'lib.py': 'answer = 43',
    });
    const name = await useFunction({
      runtime: 'python3.13',
      handler: 'app.handler',
      code: { zip: { configMap: useConfigMap(archive) } },
    });

    expect(await callBySdk(name, {})).toBe(43);
  });

  describe('in Go', () => {
    let binary = '';

    beforeAll(() => {
      binary = mkdtempSync(path.join(tmpdir(), 'mayfly-go-'));
      const script = `cat > main.go <<'MAYFLY_EOF'\n${GO}\nMAYFLY_EOF
        go mod init example.com/function >/dev/null 2>&1
        go get github.com/aws/aws-lambda-go@v1.50.0 >/dev/null 2>&1
        CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -ldflags '-s -w' -o bootstrap .
        python3 - <<'PY'
import zipfile
info = zipfile.ZipInfo('bootstrap'); info.external_attr = 0o755 << 16; info.compress_type = zipfile.ZIP_DEFLATED
with zipfile.ZipFile('code.zip', 'w') as archive: archive.writestr(info, open('bootstrap', 'rb').read())
PY`;
      execFileSync('bash', ['-ec', script], {
        cwd: binary,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    });

    it('run as a zip that is fetched from an address', async ({ expect }) => {
      const archive = readFileSync(path.join(binary, 'code.zip'));
      const url = await useWebServer(archive);
      const name = await useFunction({
        runtime: 'provided.al2023',
        handler: 'bootstrap',
        code: { zip: { url } },
      });

      expect(await callBySdk(name, { a: 1 })).toEqual({ go: { a: 1 } });
      await expectLog(name, 'go got');
      rmSync(binary, { recursive: true, force: true });
    });
  });
});
