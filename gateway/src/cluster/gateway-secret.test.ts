import { describe, it } from 'vitest';
import { GatewaySecret } from './gateway-secret.ts';

function data(token: string, certificate = 'certificate'): Record<string, Buffer> {
  const texts = {
    'ca.crt': 'ca',
    'tls.crt': certificate,
    'tls.key': 'key',
    'internal-token': token,
  };
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
}

describe('GatewaySecret', () => {
  it('has nothing until there is something, and tells of every change', ({ expect }) => {
    const secret = new GatewaySecret();
    let changes = 0;
    const stop = secret.onChange(() => (changes += 1));
    secret.apply(undefined);
    expect([secret.current(), secret.tokens, changes]).toEqual([undefined, [], 0]);
    secret.apply(data('a'));
    expect(secret.current()).toEqual({
      caCertificates: 'ca',
      certificate: 'certificate',
      privateKey: 'key',
    });
    secret.apply(data('a', 'newer'));
    expect([secret.current()?.certificate, changes]).toEqual(['newer', 2]);
    stop();
    secret.apply(data('a'));
    expect(changes).toBe(2);
  });

  it('takes the token before the newest too, and no older one', ({ expect }) => {
    const secret = new GatewaySecret();
    for (const token of ['a', 'a', 'b', 'c']) secret.apply(data(token));
    expect(secret.tokens).toEqual(['c', 'b']);
  });

  it('keeps what it has when somebody empties or deletes the Secret', ({ expect }) => {
    const secret = new GatewaySecret();
    secret.apply(data('a'));
    secret.apply({ 'ca.crt': Buffer.from('') });
    secret.apply(undefined);
    expect([secret.current()?.certificate, secret.tokens]).toEqual(['certificate', ['a']]);
  });
});
