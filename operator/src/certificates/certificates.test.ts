import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { ensureCertificates } from './ensure-certificates.ts';
import type { SecretStore, StoredSecret, WriteOutcome } from './secret-store.ts';

const DAY_MS = 86_400_000;

class FakeSecrets implements SecretStore {
  readonly all = new Map<string, StoredSecret>();
  writes: string[] = [];

  async get(name: string): Promise<StoredSecret | undefined> {
    return this.all.get(name);
  }

  async create(name: string, data: StoredSecret['data']): Promise<WriteOutcome> {
    if (this.all.has(name)) return { kind: 'conflict' };
    return this.#put(name, data, '1');
  }

  async update(name: string, secret: StoredSecret): Promise<WriteOutcome> {
    if (this.all.get(name)?.resourceVersion !== secret.resourceVersion) return { kind: 'conflict' };
    return this.#put(name, secret.data, String(Number(secret.resourceVersion) + 1));
  }

  data(name: string): Record<string, string> {
    return { ...this.all.get(name)?.data };
  }

  #put(name: string, data: StoredSecret['data'], resourceVersion: string): WriteOutcome {
    this.writes.push(name);
    this.all.set(name, { data, resourceVersion });
    return { kind: 'written' };
  }
}

function makeBed(startMs = Date.now()) {
  const secrets = new FakeSecrets();
  const clock = new FakeClock(startMs);
  const logger = { info: () => undefined, warn: () => undefined };
  const ensure = (isLeader = true): Promise<void> =>
    ensureCertificates(
      { secrets, clock, randomBytes, logger },
      { fullname: 'mayfly', operatorDnsNames: ['localhost'], isLeader },
    );
  return { secrets, clock, ensure };
}

/** Connects with the Secrets as they are, both ends proving themselves. */
async function shakeHands(secrets: FakeSecrets): Promise<boolean> {
  const operator = secrets.data('mayfly-operator-tls');
  const gateway = secrets.data('mayfly-gateway-tls');
  const pick = (of: Record<string, string>) => ({
    ca: of['ca.crt'],
    cert: of['tls.crt'],
    key: of['tls.key'],
  });
  const server = createServer({ ...pick(operator), requestCert: true, rejectUnauthorized: true });
  onTestFinished(() => void server.close());
  server.on('secureConnection', (socket) => socket.end('hello'));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ ...pick(gateway), host: '127.0.0.1', port, servername: 'localhost' });
  try {
    const [text] = (await once(socket, 'data')) as [Buffer];
    return text.toString() === 'hello';
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('certificates', () => {
  it('are made, prove both ends, and are left alone', async ({ expect }) => {
    const { secrets, ensure } = makeBed();
    await ensure();
    expect(await shakeHands(secrets)).toBe(true);
    expect(secrets.data('mayfly-cluster-key')['key']).toMatch(/^[\w-]{43}$/);
    expect(secrets.data('mayfly-gateway-tls')['internal-token']).toMatch(/^[\w-]{43}$/);
    const writes = secrets.writes.length;
    await ensure();
    expect(secrets.writes).toHaveLength(writes);
  });

  it('are the same for operators that start at once', async ({ expect }) => {
    const { secrets, ensure } = makeBed();
    await Promise.all([ensure(false), ensure(true), ensure(false)]);
    expect(await shakeHands(secrets)).toBe(true);
  });

  it('are replaced by the leader alone when a third of their life is left', async ({ expect }) => {
    const { secrets, clock, ensure } = makeBed();
    await ensure();
    const before = secrets.data('mayfly-gateway-tls');
    clock.step(61 * DAY_MS);
    await ensure(false);
    expect(secrets.data('mayfly-gateway-tls')).toEqual(before);
    await ensure(true);
    const after = secrets.data('mayfly-gateway-tls');
    expect(after['tls.crt']).not.toBe(before['tls.crt']);
    expect(after['internal-token']).toBe(before['internal-token']);
  });

  it('change their authority in steps, each of which proves both ends', async ({ expect }) => {
    // Ten years ago less 300 days: the authority is old, and still good today.
    const { secrets, clock, ensure } = makeBed(Date.now() - 3_350 * DAY_MS);
    await ensure();
    const old = secrets.data('mayfly-ca')['ca.crt'] ?? '';
    clock.step(3_350 * DAY_MS);
    await ensure();
    await ensure();
    expect(secrets.data('mayfly-ca')['ca.crt']).toContain(old.trim());
    expect(await shakeHands(secrets)).toBe(true);
    await ensure();
    await ensure();
    expect(secrets.data('mayfly-ca')['ca.crt']).not.toContain(old.trim());
    expect(secrets.data('mayfly-gateway-tls')['ca.crt']).not.toContain(old.trim());
    expect(await shakeHands(secrets)).toBe(true);
  });

  it('are made again when somebody broke them or they expired', async ({ expect }) => {
    for (const name of [
      'mayfly-ca',
      'mayfly-operator-tls',
      'mayfly-gateway-tls',
      'mayfly-cluster-key',
    ]) {
      const { secrets, ensure } = makeBed();
      await ensure();
      secrets.all.set(name, { data: { 'tls.crt': 'nonsense' }, resourceVersion: '7' });
      await ensure(false);
      expect(await shakeHands(secrets)).toBe(true);
      expect(secrets.data('mayfly-cluster-key')['key']).toMatch(/^[\w-]{43}$/);
    }
    const { secrets, clock, ensure } = makeBed(Date.now() - 100 * DAY_MS);
    await ensure();
    expect(await shakeHands(secrets)).toBe(false);
    clock.step(100 * DAY_MS);
    await ensure(false);
    expect(await shakeHands(secrets)).toBe(true);
  });
});
