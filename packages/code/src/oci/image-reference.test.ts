import { describe, it } from 'vitest';
import { parseImageReference } from './image-reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('an image reference', () => {
  it.for([
    ['alpine', 'registry-1.docker.io', 'library/alpine', 'latest'],
    ['alpine:3.20', 'registry-1.docker.io', 'library/alpine', '3.20'],
    ['acme/app', 'registry-1.docker.io', 'acme/app', 'latest'],
    ['docker.io/acme/app:1', 'registry-1.docker.io', 'acme/app', '1'],
    ['docker.io/alpine', 'registry-1.docker.io', 'library/alpine', 'latest'],
    ['localhost/app:1', 'localhost', 'app', '1'],
    ['registry.test:5000/a/b/c', 'registry.test:5000', 'a/b/c', 'latest'],
    ['10.0.0.1:5000/app:v1', '10.0.0.1:5000', 'app', 'v1'],
    ['[::1]:5000/app', '[::1]:5000', 'app', 'latest'],
    [`registry.test/app:1@${DIGEST}`, 'registry.test', 'app', DIGEST],
    ['public.ecr.aws/lambda/nodejs:24', 'public.ecr.aws', 'lambda/nodejs', '24'],
  ] as const)('%s is read', ([text, registry, repository, version], { expect }) => {
    expect(parseImageReference(text)).toMatchObject({ registry, repository, version });
  });

  it.for([
    '',
    ':1',
    'App',
    'app:',
    'app@sha256:abc',
    `app@${DIGEST}@${DIGEST}`,
    'app:a b',
    'registry.test/',
    'registry.test//app',
    'https://registry.test/app',
    '../app',
    'registry.test:port/app',
    'a'.repeat(300),
  ])('%s is none', (text, { expect }) => {
    expect(parseImageReference(text)).toBeUndefined();
  });

  it('keeps the name that a kubelet takes, without its version', ({ expect }) => {
    expect(parseImageReference('alpine:3')?.name).toBe('alpine');
    expect(parseImageReference(`registry.test:5000/app@${DIGEST}`)?.name).toBe(
      'registry.test:5000/app',
    );
  });

  it('is a digest where a tag was written too', ({ expect }) => {
    expect(parseImageReference(`app:1@${DIGEST}`)?.version).toBe(DIGEST);
  });
});
