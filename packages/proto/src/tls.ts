import {
  type ChannelCredentials,
  credentials,
  experimental,
  type ServerCredentials,
} from '@grpc/grpc-js';

/** What one end proves itself with, and what it believes. All in PEM. */
export interface TlsMaterial {
  /** Authorities of the other end; several while one takes over from another. */
  readonly caCertificates: string;
  readonly certificate: string;
  readonly privateKey: string;
}

/** Material that is replaced now and then. */
export interface TlsSource {
  /** Undefined until there is some. */
  current(): TlsMaterial | undefined;
  /** Calls back when `current` has changed. Returns the way to stop. */
  onChange(listener: () => void): () => void;
}

/** Credentials of one connection of a client. */
export function makeClientCredentials(material: TlsMaterial): ChannelCredentials {
  const { caCertificates, certificate, privateKey } = material;
  return credentials.createSsl(
    Buffer.from(caCertificates),
    Buffer.from(privateKey),
    Buffer.from(certificate),
  );
}

type Provider = Parameters<typeof experimental.createCertificateProviderServerCredentials>[0];
type CaListener = Parameters<Provider['addCaCertificateListener']>[0];
type IdentityListener = Parameters<Provider['addIdentityCertificateListener']>[0];

/**
 * Credentials of a server that asks its clients for a certificate, and takes new material for new connections
 * while those that exist live on. While there is none, connections are dropped.
 */
export function makeServerCredentials(source: TlsSource): ServerCredentials {
  const provider = new SourceProvider(source);
  return experimental.createCertificateProviderServerCredentials(provider, provider, true);
}

class SourceProvider implements Provider {
  readonly #source: TlsSource;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #stop: (() => void) | undefined;

  constructor(source: TlsSource) {
    this.#source = source;
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    this.#follow();
    // Not at once: the library begins to listen to itself only after it has subscribed here.
    queueMicrotask(() => {
      listener(this.#ca());
    });
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
    this.#follow();
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    this.#follow();
    queueMicrotask(() => {
      listener(this.#identity());
    });
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
    this.#follow();
  }

  #follow(): void {
    const isHeard = this.#caListeners.size + this.#identityListeners.size > 0;
    if (isHeard) {
      this.#stop ??= this.#source.onChange(() => {
        for (const listener of this.#caListeners) listener(this.#ca());
        for (const listener of this.#identityListeners) listener(this.#identity());
      });
    } else {
      this.#stop?.();
      this.#stop = undefined;
    }
  }

  #ca(): Parameters<CaListener>[0] {
    const material = this.#source.current();
    return material === undefined ? null : { caCertificate: Buffer.from(material.caCertificates) };
  }

  #identity(): Parameters<IdentityListener>[0] {
    const material = this.#source.current();
    if (material === undefined) return null;
    return {
      certificate: Buffer.from(material.certificate),
      privateKey: Buffer.from(material.privateKey),
    };
  }
}
