import type { TlsMaterial, TlsSource } from '@mayfly/proto';

/** What the operator has made for the gateways: the certificate for the link, and the token between gateways. */
export class GatewaySecret implements TlsSource {
  readonly #listeners = new Set<() => void>();
  #material: TlsMaterial | undefined;
  #tokens: readonly string[] = [];

  current(): TlsMaterial | undefined {
    return this.#material;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The newest first, and the one before it: the others do not hear of a new one at the same moment. */
  get tokens(): readonly string[] {
    return this.#tokens;
  }

  /** Takes in the Secret as it is now. What is missing or empty leaves what was there: that still may do. */
  apply(data: Readonly<Record<string, Buffer>> | undefined): void {
    const read = (name: string): string => data?.[name]?.toString() ?? '';
    const token = read('internal-token');
    if (token !== '' && token !== this.#tokens[0]) {
      this.#tokens = [token, ...this.#tokens].slice(0, 2);
    }
    const caCertificates = read('ca.crt');
    const certificate = read('tls.crt');
    const privateKey = read('tls.key');
    if (caCertificates === '' || certificate === '' || privateKey === '') return;
    this.#material = { caCertificates, certificate, privateKey };
    for (const listener of this.#listeners) listener();
  }
}
