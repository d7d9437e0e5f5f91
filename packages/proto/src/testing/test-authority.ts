import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { TlsMaterial, TlsSource } from '../tls.ts';

/** An authority of one test. */
export interface TestAuthority {
  readonly caCertificate: string;
  issue(usage: 'serverAuth' | 'clientAuth'): Promise<TlsMaterial>;
}

const run = promisify(execFile);
const NEW_KEY = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1'.split(
  ' ',
);

/** Makes an authority with openssl; its certificates live a day and are for `localhost`. */
export async function makeTestAuthority(): Promise<TestAuthority> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mayfly-authority-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const read = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');
  const openssl = async (name: string, more: readonly string[]): Promise<void> => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`];
    await run('openssl', [...NEW_KEY, ...files, ...more], { cwd: folder });
  };
  await openssl('ca', []);
  const caCertificate = await read('ca.crt');
  return {
    caCertificate,
    async issue(usage) {
      await openssl(usage, [
        ...['-CA', 'ca.crt', '-CAkey', 'ca.key'],
        ...['-addext', 'subjectAltName=DNS:localhost', '-addext', `extendedKeyUsage=${usage}`],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ]);
      return {
        caCertificates: caCertificate,
        certificate: await read(`${usage}.crt`),
        privateKey: await read(`${usage}.key`),
      };
    },
  };
}

/** Material that a test replaces. */
export class FakeTlsSource implements TlsSource {
  #material: TlsMaterial | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(material: TlsMaterial | undefined) {
    this.#material = material;
  }

  current(): TlsMaterial | undefined {
    return this.#material;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  replace(material: TlsMaterial | undefined): void {
    this.#material = material;
    for (const listener of this.#listeners) listener();
  }
}
