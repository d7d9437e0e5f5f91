import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect as connectTo, createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { connect, type KubeApi, type KubeDeadlines } from '@mayfly/kube';
import { useTemporaryFolder } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';

/** The network between a client and the API server, which a test can break. */
export interface ApiServerProxy {
  readonly api: KubeApi;
  /** Breaks all connections; new ones pass. */
  cut(): void;
  /** Takes everything and passes nothing on, in old connections and in new ones. */
  swallow(): void;
  /** Passes on again. */
  pass(): void;
  /** Breaks all connections and refuses new ones. */
  close(): void;
}

interface KubeConfigFile {
  clusters: { cluster: Record<string, unknown> }[];
}

// A name that every API server's certificate has, whatever address it is reached at.
const SERVER_NAME = 'kubernetes';

/** Puts a proxy in front of the API server of the current kubeconfig; it ends with the test. */
export async function useApiServerProxy(
  deadlines: Partial<KubeDeadlines> = {},
): Promise<ApiServerProxy> {
  const view = ['config', 'view', '--raw', '--minify', '--flatten', '-ojson'];
  const config = JSON.parse(execFileSync('kubectl', view, { encoding: 'utf8' })) as KubeConfigFile;
  const cluster = config.clusters[0]?.cluster;
  if (cluster === undefined) throw new Error('the kubeconfig has no cluster');
  const target = new URL(String(cluster['server']));
  const sockets = new Set<Socket>();
  let isSwallowing = false;
  const server = createServer((near) => {
    const far = connectTo(Number(target.port || '443'), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('data', (chunk: Buffer) => isSwallowing || other.write(chunk));
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = (): void => {
    server.close();
    cut();
  };
  onTestFinished(close);
  cluster['server'] = `https://127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
  cluster['tls-server-name'] = SERVER_NAME;
  const kubeconfig = path.join(await useTemporaryFolder(), 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return {
    api: connect({ kubeconfig, deadlines }),
    cut,
    swallow: () => {
      isSwallowing = true;
    },
    pass: () => {
      isSwallowing = false;
    },
    close,
  };
}
