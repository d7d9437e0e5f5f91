import type { KubeApi } from '@mayfly/kube';
import { SecretApi } from '@mayfly/kube';
import type { Clock } from '@mayfly/core';
import type { TlsMaterial, TlsSource } from '@mayfly/proto';
import type { Logger } from '@mayfly/telemetry';

/** Whose Secrets, and how to watch them. */
export interface OperatorSecretsDeps {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly fullname: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The cluster key. It is made before any operator leads. */
export async function readClusterKey(deps: OperatorSecretsDeps): Promise<Uint8Array> {
  const name = `${deps.fullname}-cluster-key`;
  const key = (await new SecretApi(deps.api).get(deps.namespace, name))?.data['key'];
  if (key === undefined)
    throw new Error(`reading the Secret ${deps.namespace}/${name}: it has no key`);
  return Buffer.from(key.toString(), 'base64url');
}

/** Follows the operator's side of the fleet link's TLS until the signal aborts. */
export function followOperatorTls(
  deps: OperatorSecretsDeps,
  signal: AbortSignal,
): Promise<TlsSource> {
  return followTls(deps, 'operator-tls', signal);
}

/** Follows the other side of it, which gateways and followers show to the operator that leads. */
export function followClientTls(
  deps: OperatorSecretsDeps,
  signal: AbortSignal,
): Promise<TlsSource> {
  return followTls(deps, 'gateway-tls', signal);
}

async function followTls(
  { api, namespace, fullname, clock, logger }: OperatorSecretsDeps,
  name: 'operator-tls' | 'gateway-tls',
  signal: AbortSignal,
): Promise<TlsSource> {
  const listeners = new Set<() => void>();
  let material: TlsMaterial | undefined;
  await new SecretApi(api).watchOne(
    { namespace, name: `${fullname}-${name}` },
    (content) => {
      const [ca, certificate, key] = ['ca.crt', 'tls.crt', 'tls.key'].map((k) => content?.data[k]);
      if (ca === undefined || certificate === undefined || key === undefined) return;
      material = {
        caCertificates: ca.toString(),
        certificate: certificate.toString(),
        privateKey: key.toString(),
      };
      for (const listener of listeners) listener();
    },
    {
      signal,
      clock,
      onError: (err) => {
        logger.warn({ err }, 'watch of the credentials broke');
      },
    },
  );
  return {
    current: () => material,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
