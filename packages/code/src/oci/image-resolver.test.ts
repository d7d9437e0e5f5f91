import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aFunction } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { ImageResolver } from './image-resolver.ts';
import { PullSecrets, type PullSecretsDeps } from './pull-secrets.ts';
import { RegistryClient } from './registry-client.ts';
import { aDocument, useRegistry, type Document, type FakeRegistry } from './registry-fixture.ts';

const PASSWORD = Buffer.from('ada:secret').toString('base64');

function anImage(architecture: string, config: object): readonly [Document, Document] {
  const configuration = aDocument('config', { architecture, os: 'linux', config });
  const manifest = aDocument('manifest', {
    config: { digest: configuration.digest, size: 1 },
    layers: [{ digest: 'sha256:0', size: 1000 }],
  });
  return [manifest, configuration];
}

const CONFIG = { Entrypoint: ['/lambda-entrypoint.sh'], Cmd: ['app.handler'], WorkingDir: '/app' };
const [AMD, AMD_CONFIG] = anImage('amd64', CONFIG);
const [ARM, ARM_CONFIG] = anImage('arm64', {});
const INDEX = aDocument('index', {
  manifests: [
    { digest: ARM.digest, size: 1, platform: { os: 'linux', architecture: 'arm64' } },
    { digest: AMD.digest, size: 1, platform: { os: 'linux', architecture: 'amd64' } },
    { digest: 'sha256:1', size: 1, platform: { os: 'unknown', architecture: 'unknown' } },
  ],
});

interface World extends FakeRegistry {
  resolve(
    image: { readonly uri?: string; readonly pullSecrets?: string[] } & Readonly<
      Record<string, unknown>
    >,
    spec?: Readonly<Record<string, unknown>>,
  ): ReturnType<ImageResolver['resolve']>;
}

async function useWorld(secrets: Partial<PullSecretsDeps> = {}): Promise<World> {
  const registry = await useRegistry({ latest: INDEX }, [AMD, AMD_CONFIG, ARM, ARM_CONFIG]);
  const { host } = registry;
  const resolver = new ImageResolver({
    client: new RegistryClient({ insecureRegistries: [host], allowLoopback: true }),
    pullSecrets: new PullSecrets({
      readSecret: () => Promise.resolve(undefined),
      everybodys: [],
      ...secrets,
    }),
    defaultArchitecture: 'x86_64',
  });
  return Object.assign(registry, {
    resolve: ((image, spec = {}) => {
      const uri = image.uri ?? `${host}/team/app`;
      return resolver.resolve(aFunction({ spec }), { ...image, uri });
    }) satisfies World['resolve'],
  });
}

function needBearer(world: World): World['intercept'] {
  return (request, response) => {
    const { url = '', headers } = request;
    if (url.startsWith('/token')) {
      const isKnown = headers.authorization === `Basic ${PASSWORD}`;
      response.writeHead(isKnown ? 200 : 401).end(JSON.stringify({ token: 'open' }));
      return true;
    }
    if (headers.authorization === 'Bearer open') return false;
    const challenge = `Bearer realm="http://${world.host}/token",service="test"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return true;
  };
}

function aDockerConfig(host: string): Readonly<Record<string, string>> {
  return { '.dockerconfigjson': JSON.stringify({ auths: { [host]: { auth: PASSWORD } } }) };
}

describe('ImageResolver', () => {
  it('finds the digest of the instruction set, and what is run', async ({ expect }) => {
    const world = await useWorld();
    await expect(world.resolve({})).resolves.toEqual({
      codeSha256: AMD.digest.replace('sha256:', ''),
      codeSize: 0,
      image: {
        uri: `${world.host}/team/app@${AMD.digest}`,
        entryPoint: ['/lambda-entrypoint.sh'],
        command: ['app.handler'],
        workingDirectory: '/app',
        pullSecrets: [],
      },
    });
    const arm = { entryPoint: ['/run'], workingDirectory: '/tmp' };
    await expect(world.resolve(arm, { architectures: ['arm64'] })).resolves.toMatchObject({
      image: { uri: `${world.host}/team/app@${ARM.digest}`, command: [], ...arm },
    });
  });

  it('takes an image of one platform as it is', async ({ expect }) => {
    const world = await useWorld();
    const uri = `${world.host}/team/app@${AMD.digest}`;
    await expect(world.resolve({ uri })).resolves.toMatchObject({ image: { uri } });
    await expect(world.resolve({ uri }, { architectures: ['arm64'] })).rejects.toMatchObject({
      refusal: { reason: 'ImageArchitectureMismatch', message: expect.stringContaining('amd64') },
    });
  });

  it('shows the password where the registry says, and the token to the registry', async ({
    expect,
  }) => {
    const readSecret = ({ name }: { readonly name: string }) =>
      Promise.resolve(name === 'mine' ? aDockerConfig(world.host) : undefined);
    const world = await useWorld({ readSecret, everybodys: ['of-the-platform'] });
    world.intercept = needBearer(world);
    await expect(world.resolve({})).rejects.toMatchObject({
      refusal: { reason: 'ImageAccessDenied' },
    });
    await expect(world.resolve({ pullSecrets: ['other'] })).rejects.toMatchObject({
      refusal: { reason: 'PullSecretNotFound' },
    });
    world.asked.length = 0;
    await world.resolve({ pullSecrets: ['mine'] });
    expect(world.asked.slice(0, 3)).toEqual([
      '/v2/team/app/manifests/latest nobody',
      `/token?service=test&scope=repository%3Ateam%2Fapp%3Apull Basic ${PASSWORD}`,
      '/v2/team/app/manifests/latest Bearer open',
    ]);
  });

  it('tells nobody but the registry who asks, where blobs are elsewhere', async ({ expect }) => {
    const readSecret = () => Promise.resolve(aDockerConfig(world.host));
    const elsewhere = createServer((request, response) => {
      response.writeHead(request.headers.authorization === undefined ? 200 : 400);
      response.end(AMD_CONFIG.text);
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    onTestFinished(() => {
      elsewhere.close();
    });
    const { port } = elsewhere.address() as AddressInfo;
    const world = await useWorld({ readSecret, everybodys: ['all'] });
    const withPassword = needBearer(world);
    world.intercept = (request, response) => {
      if (withPassword(request, response)) return true;
      if (request.url?.includes('/blobs/') !== true) return false;
      response.writeHead(307, { location: `http://127.0.0.1:${port.toString()}/blob` }).end();
      return true;
    };
    await expect(world.resolve({})).resolves.toMatchObject({ image: { workingDirectory: '/app' } });
  });

  it.for([
    ['another content', 'InvalidImage', (text: string) => `${text} `],
    ['no JSON', 'InvalidImage', () => '<html>'],
    ['no end', 'InvalidImage', (text: string) => text.padEnd(5 * 1024 * 1024)],
  ] as const)('refuses an answer of %s', async ([, reason, spoil], { expect }) => {
    const world = await useWorld();
    world.intercept = (request, response) => {
      if (request.url?.endsWith(AMD.digest) !== true) return false;
      response.writeHead(200, { 'content-type': AMD.type }).end(spoil(AMD.text));
      return true;
    };
    await expect(world.resolve({})).rejects.toMatchObject({ refusal: { reason } });
  });

  it.for([
    ['nothing', 'ImageNotFound', { uri: '/team/other' }],
    ['no reference', 'InvalidImage', { uri: '/Team/App' }],
    ['nothing to run', 'InvalidImage', { uri: `/team/app@${ARM.digest}`, arm: true }],
  ] as const)('refuses %s', async ([, reason, { uri, ...rest }], { expect }) => {
    const world = await useWorld();
    const spec = 'arm' in rest ? { architectures: ['arm64'] } : {};
    const resolving = world.resolve({ uri: `${world.host}${uri}` }, spec);
    await expect(resolving).rejects.toMatchObject({ refusal: { reason } });
  });

  it('says that a registry does not answer, as code that is tried again', async ({ expect }) => {
    const world = await useWorld();
    world.intercept = (request) => {
      request.socket.destroy();
      return true;
    };
    await expect(world.resolve({})).rejects.toMatchObject({
      refusal: { reason: 'CodeUnavailable', message: expect.stringContaining(world.host) },
    });
  });
});
