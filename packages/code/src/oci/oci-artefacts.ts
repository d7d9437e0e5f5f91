import type { FunctionResource } from '@mayfly/api';
import { z } from 'zod';
import { RefusedCodeError } from '../refusal.ts';
import { requireReference } from './image-reference.ts';
import type { PullSecrets } from './pull-secrets.ts';
import { orUnavailable, type RegistryClient, type RegistryRequest } from './registry-client.ts';

/** What reading artefacts needs. */
export interface OciArtefactsDeps {
  readonly client: RegistryClient;
  readonly pullSecrets: Pick<PullSecrets, 'find'>;
}

type Zip = NonNullable<FunctionResource['spec']['code']['zip']>;
type Functional = Pick<FunctionResource, 'metadata' | 'spec'>;

const Manifest = z.object({
  layers: z.array(z.object({ digest: z.string(), mediaType: z.string().default('') })),
});

/** Archives that lie in registries of images, as artefacts. */
export class OciArtefacts {
  readonly #deps: OciArtefactsDeps;

  constructor(deps: OciArtefactsDeps) {
    this.#deps = deps;
  }

  /**
   * The archive, piece by piece; its digest is checked at its end.
   * @throws RefusedCodeError, which is all that can go wrong before the first piece, but for an abort
   */
  async open(
    fn: Functional,
    { reference: text, pullSecrets: names }: NonNullable<Zip['oci']>,
    signal: AbortSignal | undefined,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { client, pullSecrets } = this.#deps;
    const reference = requireReference(text);
    return orUnavailable(reference, signal, async (asking) => {
      const credentials = await pullSecrets.find(fn, { names, reference }, asking);
      const request = { reference, credentials };
      const { bytes } = await client.readManifest(request, reference.version, asking);
      return client.openBlob(request, findArchive(bytes, request), asking);
    });
  }
}

function findArchive(manifest: Buffer, { reference }: RegistryRequest): string {
  const { layers = [] } = Manifest.safeParse(toJson(manifest)).data ?? {};
  const zips = layers.filter(({ mediaType }) => /\bzip\b/.test(mediaType));
  const [archive, ...others] = layers.length === 1 ? layers : zips;
  if (archive !== undefined && others.length === 0) return archive.digest;
  throw new RefusedCodeError(
    'InvalidImage',
    `The artefact ${reference.name} has ${layers.length.toString()} layers, and ${zips.length.toString()} of them with zip in the media type: one is wanted. Push one archive, for example by oras push … code.zip:application/zip.`,
  );
}

function toJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return undefined;
  }
}
