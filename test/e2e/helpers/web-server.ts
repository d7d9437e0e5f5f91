import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';
import { API_NAMESPACE, kubectl, uniqueName } from './cluster.ts';

const PROGRAM =
  "const c=[];require('http').createServer((q,s)=>{if(q.method==='PUT'){q.on('data',d=>c.push(d));q.on('end',()=>s.end())}else s.end(Buffer.concat(c))}).listen(8080)";

/**
 * The address inside the cluster of a web server that has this archive, until the test has finished. A pod of its own
 * serves it: the archive is larger than a ConfigMap may be.
 */
export async function useWebServer(archive: Buffer<ArrayBuffer>): Promise<string> {
  const name = uniqueName('web');
  const image = JSON.parse(
    readFileSync(path.resolve(import.meta.dirname, '../../../.cache/images.json'), 'utf8'),
  ) as Record<string, string>;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: API_NAMESPACE },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        { name: 'web', image: image['platform'], command: ['/usr/local/bin/node', '-e', PROGRAM] },
      ],
    },
  };
  execFileSync('kubectl', ['create', '-f', '-'], { input: JSON.stringify(pod) });
  onTestFinished(() => {
    kubectl('delete', 'pod', name, '-n', API_NAMESPACE, '--wait=false');
  });
  kubectl('wait', '-n', API_NAMESPACE, '--for=condition=Ready', `pod/${name}`, '--timeout=60s');
  const ip = kubectl('get', 'pod', name, '-n', API_NAMESPACE, '-o', 'jsonpath={.status.podIP}');
  const url = `http://${ip}:8080/code.zip`;
  await eventually(async () => {
    await fetch(url, { method: 'PUT', body: archive });
  });
  return url;
}
