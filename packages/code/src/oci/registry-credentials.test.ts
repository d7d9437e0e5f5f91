import { describe, it } from 'vitest';
import { findCredentials } from './registry-credentials.ts';

function aConfig(auths: object): string {
  return JSON.stringify({ auths });
}

const auth = Buffer.from('ada:pass:word').toString('base64');
const ADA = { username: 'ada', password: 'pass:word' };

describe('credentials in a Docker configuration', () => {
  it.for([
    ['registry.test:5000', { auth }],
    ['https://registry.test:5000', { auth }],
    ['https://registry.test:5000/v2/', { ...ADA }],
    ['registry.test:5000', { ...ADA, auth: 'ignored' }],
  ] as const)('are found under %s', ([key, entry], { expect }) => {
    expect(findCredentials(aConfig({ [key]: entry }), 'registry.test:5000')).toEqual(ADA);
  });

  it('of Docker Hub are found under each of its names', ({ expect }) => {
    for (const key of ['docker.io', 'https://index.docker.io/v1/']) {
      expect(findCredentials(aConfig({ [key]: { auth } }), 'registry-1.docker.io')).toEqual(ADA);
    }
  });

  it('of another registry, or of another port, are not told', ({ expect }) => {
    const text = aConfig({ 'registry.test': { auth }, 'registry.test:5001': { auth } });
    expect(findCredentials(text, 'registry.test:5000')).toBeUndefined();
    expect(findCredentials(text, 'evil.registry.test')).toBeUndefined();
  });

  it('that are not whole are none', ({ expect }) => {
    for (const entry of [{}, { username: 'ada' }, { auth: 'bm8tY29sb24=' }]) {
      expect(findCredentials(aConfig({ 'registry.test': entry }), 'registry.test')).toBeUndefined();
    }
    expect(findCredentials('{}', 'registry.test')).toBeUndefined();
  });

  it.for(['', 'no', '[]', '{"auths":{"a":1}}'])('are not read from %s', (text, { expect }) => {
    expect(() => findCredentials(text, 'a')).toThrow();
  });
});
