import { z } from 'zod';
import { RefusedCodeError } from '../refusal.ts';
import type { RegistryClient, RegistryDocument, RegistryRequest } from './registry-client.ts';

/** Instruction sets as Lambda names them. */
export type ImageArchitecture = 'x86_64' | 'arm64';

/** One image, for ever. */
export interface ResolvedImage {
  /** `name@sha256:…`, as a kubelet pulls it. */
  readonly uri: string;
  /** `sha256:…` of its manifest. */
  readonly digest: string;
  /** Bytes of its compressed layers. */
  readonly sizeBytes: number;
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string | undefined;
}

const Descriptor = z.object({ digest: z.string(), size: z.number().default(0) });
const Index = z.object({
  manifests: z.array(
    Descriptor.extend({
      platform: z.object({ architecture: z.string(), os: z.string() }).optional(),
    }),
  ),
});
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) });
const Configuration = z.object({
  architecture: z.string(),
  os: z.string(),
  config: z
    .object({
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      WorkingDir: z.string().nullish(),
    })
    .nullish(),
});

/** Lambda's names in the words of images. */
const GO_NAMES = { x86_64: 'amd64', arm64: 'arm64' } as const;

/**
 * Finds out which image a reference means now, for one instruction set, and what it would run.
 * @throws RefusedCodeError when that is the user's to mend; another Error when a retry may help
 */
export async function resolveImage(
  client: RegistryClient,
  request: RegistryRequest & { readonly architecture: ImageArchitecture },
  signal: AbortSignal,
): Promise<ResolvedImage> {
  const document = await client.readManifest(request, request.reference.version, signal);
  const { digest, manifest } = await readPlatform(client, { request, document }, signal);
  const configuration = parse(
    Configuration,
    await client.readBlob(request, manifest.config.digest, signal),
    request,
  );
  if (
    configuration.os !== 'linux' ||
    configuration.architecture !== GO_NAMES[request.architecture]
  ) {
    throw mismatch(request, [configuration]);
  }
  const { Entrypoint, Cmd, WorkingDir } = configuration.config ?? {};
  return {
    uri: `${request.reference.name}@${digest}`,
    digest,
    sizeBytes: manifest.layers.reduce((sum, { size }) => sum + size, 0),
    entryPoint: Entrypoint ?? [],
    command: Cmd ?? [],
    workingDirectory: WorkingDir === null || WorkingDir === '' ? undefined : WorkingDir,
  };
}

type PlatformRequest = RegistryRequest & { readonly architecture: ImageArchitecture };

/** Of an image for many platforms, the one that is wanted. */
async function readPlatform(
  client: RegistryClient,
  { request, document }: { readonly request: PlatformRequest; readonly document: RegistryDocument },
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly manifest: z.infer<typeof Manifest> }> {
  if (!/index|manifest\.list/.test(document.mediaType)) {
    return { digest: document.digest, manifest: parse(Manifest, document.bytes, request) };
  }
  const platforms = parse(Index, document.bytes, request).manifests;
  const wanted = platforms.find(
    ({ platform }) =>
      platform?.os === 'linux' && platform.architecture === GO_NAMES[request.architecture],
  );
  if (wanted === undefined) {
    throw mismatch(
      request,
      platforms.flatMap(({ platform }) => platform ?? []),
    );
  }
  const { digest, bytes } = await client.readManifest(request, wanted.digest, signal);
  return { digest, manifest: parse(Manifest, bytes, request) };
}

function mismatch(
  { reference, architecture }: PlatformRequest,
  found: readonly { readonly os: string; readonly architecture: string }[],
): RefusedCodeError {
  const platforms = found
    .filter(({ os }) => os !== 'unknown')
    .map(({ os, architecture: name }) => `${os}/${name}`);
  const text =
    `The image ${reference.name} is for ${platforms.join(', ')}, and the function runs on linux/${GO_NAMES[architecture]}: ` +
    `build it for that, or set spec.architectures.`;
  return new RefusedCodeError('ImageArchitectureMismatch', text);
}

function parse<T>(schema: z.ZodType<T>, bytes: Buffer, { reference }: RegistryRequest): T {
  try {
    return schema.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    const text = `What ${reference.registry} says of the image ${reference.name} is not understood: it is neither an OCI nor a Docker image.`;
    throw new RefusedCodeError('InvalidImage', text, { cause });
  }
}
