import { describe, it } from 'vitest';
import { parseAuthChallenge } from './auth-challenge.ts';

describe('the challenge of a registry', () => {
  it('asks for a token', ({ expect }) => {
    const header =
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push"';
    expect(parseAuthChallenge(header)).toEqual({
      kind: 'bearer',
      realm: 'https://auth.test/token',
      service: 'registry.test',
      scope: 'repository:a/b:pull,push',
    });
  });

  it('may leave out service and scope, and write as it likes', ({ expect }) => {
    expect(parseAuthChallenge(' bearer  REALM = "https://auth.test/\\"t" , error=x')).toEqual({
      kind: 'bearer',
      realm: 'https://auth.test/"t',
      service: undefined,
      scope: undefined,
    });
  });

  it('asks for a password', ({ expect }) => {
    expect(parseAuthChallenge('Basic realm="Registry"')).toEqual({ kind: 'basic' });
  });

  it.for([undefined, '', 'Digest realm="x"', 'Bearer', 'Bearer realm="no address"'])(
    'is not understood: %s',
    (header, { expect }) => {
      expect(parseAuthChallenge(header)).toBeUndefined();
    },
  );
});
