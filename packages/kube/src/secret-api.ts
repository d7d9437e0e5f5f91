import type { Clock } from '@mayfly/core';
import type { KubeApi } from './kube-api.ts';
import { ObjectInformer } from './object-informer.ts';

/** A Secret's content, decoded. */
export interface SecretContent {
  readonly data: Readonly<Record<string, Buffer>>;
  readonly resourceVersion: string;
}

/** A Secret among others, with what stands around its content. */
export interface LabelledSecret extends SecretContent {
  readonly annotations: Readonly<Record<string, string>>;
  readonly creationTimestamp: string;
}

/** Who hears of a watch, and how it ends. */
export interface SecretWatch {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** A ConfigMap's content. */
export interface ConfigMapContent {
  readonly data: Readonly<Record<string, string>>;
  readonly binaryData: Readonly<Record<string, Buffer>>;
  readonly resourceVersion: string;
}

interface RawSecret {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
  };
  readonly data?: Readonly<Record<string, string>>;
}

interface RawConfigMap extends RawSecret {
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Secrets and ConfigMaps by name. */
export class SecretApi {
  readonly #api: KubeApi;

  constructor(api: KubeApi) {
    this.#api = api;
  }

  async get(
    namespace: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<SecretContent | undefined> {
    const path = secretPath(namespace, name);
    const found = await this.#api.find({ method: 'GET', path, signal });
    return found === undefined ? undefined : decodeSecret(found as RawSecret);
  }

  /** @throws KubeError 409 when it exists */
  async create(
    secret: { readonly namespace: string; readonly name: string; readonly type?: string },
    data: Readonly<Record<string, Buffer>>,
    signal?: AbortSignal,
  ): Promise<SecretContent> {
    const { namespace, name, type = 'Opaque' } = secret;
    const path = secretPath(namespace);
    const labels = { 'app.kubernetes.io/managed-by': 'mayfly' };
    const metadata = { namespace, name, labels };
    const body = { apiVersion: 'v1', kind: 'Secret', type, metadata, data: encode(data) };
    return decodeSecret(
      (await this.#api.call({ method: 'POST', path, body, signal })) as RawSecret,
    );
  }

  /** @throws KubeError 409 when somebody else wrote first */
  async update(
    secret: { readonly namespace: string; readonly name: string; readonly resourceVersion: string },
    data: Readonly<Record<string, Buffer>>,
    signal?: AbortSignal,
  ): Promise<SecretContent> {
    const { namespace, name, resourceVersion } = secret;
    const path = secretPath(namespace, name);
    const body = { metadata: { resourceVersion }, data: encode(data) };
    const request = { method: 'PATCH', patch: 'merge', path, body, signal } as const;
    return decodeSecret((await this.#api.call(request)) as RawSecret);
  }

  /** Calls back with the content now and at every change, until the signal aborts; undefined: it is not there. */
  async watchOne(
    secret: { readonly namespace: string; readonly name: string },
    onChange: (content: SecretContent | undefined) => void,
    watching: SecretWatch,
  ): Promise<void> {
    const { namespace, name } = secret;
    const informer = new ObjectInformer<RawSecret>({
      api: this.#api,
      path: secretPath(namespace),
      // Rules that name one resource allow list and watch of that one alone.
      fieldSelector: `metadata.name=${name}`,
      clock: watching.clock,
      onError: watching.onError,
    });
    const said = { isAny: false };
    informer.onChange((_key, object) => {
      said.isAny = true;
      onChange(object === undefined ? undefined : decodeSecret(object));
    });
    await informer.start(watching.signal);
    if (!said.isAny) onChange(undefined);
  }

  /** Calls back with every Secret that a label selector finds, and at every change; undefined: it is one no more. */
  async watchLabelled(
    { namespace, labelSelector }: { readonly namespace: string; readonly labelSelector: string },
    onChange: (name: string, secret: LabelledSecret | undefined) => void,
    { signal, clock, onError }: SecretWatch,
  ): Promise<void> {
    const path = secretPath(namespace);
    const api = this.#api;
    const informer = new ObjectInformer<RawSecret>({ api, path, labelSelector, clock, onError });
    informer.onChange(({ name }, object) => {
      onChange(name, object && decodeLabelled(object));
    });
    await informer.start(signal);
  }

  async getConfigMap(
    namespace: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<ConfigMapContent | undefined> {
    const path = `/api/v1/namespaces/${namespace}/configmaps/${encodeURIComponent(name)}`;
    const found = await this.#api.find({ method: 'GET', path, signal });
    if (found === undefined) return undefined;
    const { data = {}, binaryData = {}, metadata } = found as RawConfigMap;
    return { data, binaryData: decode(binaryData), resourceVersion: metadata.resourceVersion };
  }
}

function secretPath(namespace: string, name?: string): string {
  const collection = `/api/v1/namespaces/${namespace}/secrets`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}

function decodeSecret({ data = {}, metadata }: RawSecret): SecretContent {
  return { data: decode(data), resourceVersion: metadata.resourceVersion };
}

function decodeLabelled(secret: RawSecret): LabelledSecret {
  const { annotations = {}, creationTimestamp = '' } = secret.metadata;
  return { ...decodeSecret(secret), annotations, creationTimestamp };
}

function decode(data: Readonly<Record<string, string>>): Record<string, Buffer> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
  );
}

function encode(data: Readonly<Record<string, Buffer>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, value.toString('base64')]),
  );
}
