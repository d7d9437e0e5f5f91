import { text } from 'node:stream/consumers';
import { aFunction } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { OciArtefacts } from './oci-artefacts.ts';
import { PullSecrets } from './pull-secrets.ts';
import { RegistryClient } from './registry-client.ts';
import { aDocument, useRegistry, type Document, type FakeRegistry } from './registry-fixture.ts';

const ARCHIVE = aDocument('zip', 'the archive');
const NOTES = aDocument('zip', 'notes');

function anArtefact(...layers: readonly (readonly [Document, string])[]): Document {
  return aDocument('manifest', {
    layers: layers.map(([{ digest }, mediaType]) => ({ digest, mediaType, size: 1 })),
  });
}

const TAGS = {
  one: anArtefact([ARCHIVE, 'application/vnd.oci.image.layer.v1.tar']),
  two: anArtefact([NOTES, 'text/plain'], [ARCHIVE, 'application/zip']),
  none: anArtefact([NOTES, 'text/plain'], [ARCHIVE, 'text/plain']),
  many: anArtefact([NOTES, 'application/zip'], [ARCHIVE, 'application/vnd.test+zip']),
  empty: anArtefact(),
} as const;

interface World extends FakeRegistry {
  read(tag: string): Promise<string>;
}

async function useWorld(): Promise<World> {
  const registry = await useRegistry(TAGS, [ARCHIVE, NOTES]);
  const artefacts = new OciArtefacts({
    client: new RegistryClient({ insecureRegistries: [registry.host], allowLoopback: true }),
    pullSecrets: new PullSecrets({ readSecret: () => Promise.resolve(undefined), everybodys: [] }),
  });
  return Object.assign(registry, {
    read: async (tag: string) => {
      const reference = `${registry.host}/team/app:${tag}`;
      return text(await artefacts.open(aFunction(), { reference }, undefined));
    },
  });
}

describe('an archive in a registry', () => {
  it.for(['one', 'two'])('is the only one that there is: %s', async (tag, { expect }) => {
    const world = await useWorld();
    await expect(world.read(tag)).resolves.toBe('the archive');
  });

  it.for(['none', 'many', 'empty'])('must be the only one: %s', async (tag, { expect }) => {
    const world = await useWorld();
    await expect(world.read(tag)).rejects.toMatchObject({ refusal: { reason: 'InvalidImage' } });
  });

  it('is refused when it is another one than its digest says', async ({ expect }) => {
    const world = await useWorld();
    world.intercept = (request, response) => {
      if (request.url?.includes('/blobs/') !== true) return false;
      response.writeHead(200).end('another archive');
      return true;
    };
    await expect(world.read('one')).rejects.toMatchObject({ refusal: { reason: 'InvalidImage' } });
  });

  it('is not found where it is not', async ({ expect }) => {
    const world = await useWorld();
    await expect(world.read('missing')).rejects.toMatchObject({
      refusal: { reason: 'ImageNotFound' },
    });
  });
});
