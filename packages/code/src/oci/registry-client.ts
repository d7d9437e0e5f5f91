import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { describeBytes } from '../code-limits.ts';
import { openGuarded, type GuardOptions } from '../guarded-request.ts';
import { explain, RefusedCodeError } from '../refusal.ts';
import { parseAuthChallenge, type AuthChallenge } from './auth-challenge.ts';
import type { ImageReference } from './image-reference.ts';
import type { RegistryCredentials } from './registry-credentials.ts';

/** How registries are reached. */
export interface RegistryClientDeps extends Pick<GuardOptions, 'allowLoopback'> {
  /** `host` or `host:port` of those that speak plain HTTP. */
  readonly insecureRegistries: readonly string[];
}

/** What is asked of a registry. */
export interface RegistryRequest {
  readonly reference: ImageReference;
  readonly credentials: RegistryCredentials | undefined;
}

/** A document of a registry, and the digest of its bytes. */
export interface RegistryDocument {
  /** `sha256:…`. */
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
const MAX_TOKEN_BYTES = 256 * 1024;
const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Reads from registries as the distribution specification says: anonymously, by password, or with a token. Every
 * digest is checked. Answers that are the user's to mend are thrown as RefusedCodeError, others may pass.
 */
export class RegistryClient {
  readonly #deps: RegistryClientDeps;

  constructor(deps: RegistryClientDeps) {
    this.#deps = deps;
  }

  /** The manifest, or the list of manifests, that a reference names. */
  async readManifest(
    request: RegistryRequest,
    version: string,
    signal: AbortSignal,
  ): Promise<RegistryDocument> {
    const { response } = await this.#get(request, `manifests/${version}`, signal);
    const bytes = await readAll(response, { what: show(request), maxBytes: MAX_DOCUMENT_BYTES });
    const digest = toDigest(bytes);
    if (version.startsWith('sha256:')) checkDigest(digest, version, request);
    const [mediaType = ''] = (response.headers['content-type'] ?? '').split(';');
    return { digest, mediaType: mediaType.trim(), bytes };
  }

  /** A small blob: an image's configuration. */
  async readBlob(request: RegistryRequest, digest: string, signal: AbortSignal): Promise<Buffer> {
    const { response } = await this.#get(request, `blobs/${digest}`, signal);
    const bytes = await readAll(response, { what: show(request), maxBytes: MAX_DOCUMENT_BYTES });
    checkDigest(toDigest(bytes), digest, request);
    return bytes;
  }

  /** A blob of any size, piece by piece. Its digest is checked at its end. */
  async *openBlob(
    request: RegistryRequest,
    digest: string,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const { response } = await this.#get(request, `blobs/${digest}`, signal);
    const hash = createHash('sha256');
    for await (const chunk of response as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
    checkDigest(`sha256:${hash.digest('hex')}`, digest, request);
  }

  async #get(
    request: RegistryRequest,
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly response: IncomingMessage }> {
    const { registry, repository } = request.reference;
    const scheme = this.#isInsecure(request.reference) ? 'http' : 'https';
    const url = new URL(`${scheme}://${registry}/v2/${repository}/${path}`);
    const first = await this.#follow(url, undefined, signal);
    if (first.statusCode !== 401) return { response: accept(first, request) };
    first.destroy();
    const challenge = parseAuthChallenge(first.headers['www-authenticate']);
    const authorization = await this.#authorize(challenge, request, signal);
    if (authorization === undefined) throw denied(request);
    return { response: accept(await this.#follow(url, authorization, signal), request) };
  }

  /** The first answer that is no redirect. Only the registry itself is told who asks. */
  async #follow(
    url: URL,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    let next = url;
    for (let redirects = 0; ; redirects += 1) {
      const isRegistry = next.origin === url.origin;
      const headers = {
        accept: MANIFEST_TYPES,
        ...(authorization === undefined || !isRegistry ? {} : { authorization }),
      };
      const response = await this.#open(next, headers, signal);
      const { location } = response.headers;
      const isRedirect = REDIRECTS.has(response.statusCode ?? 0) && location !== undefined;
      if (!isRedirect || redirects === MAX_REDIRECTS) return response;
      response.destroy();
      next = new URL(location, next);
    }
  }

  #isInsecure({ registry }: ImageReference): boolean {
    return this.#deps.insecureRegistries.includes(registry);
  }

  async #authorize(
    challenge: AuthChallenge | undefined,
    { reference, credentials }: RegistryRequest,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const basic = credentials && toBasic(credentials);
    if (challenge === undefined || challenge.kind === 'basic') return basic;
    const url = toTokenUrl(challenge, reference);
    // A password goes to nobody in plain text whose registry speaks TLS.
    if (url.protocol !== 'https:' && !this.#isInsecure(reference)) return undefined;
    const headers = basic === undefined ? {} : { authorization: basic };
    const response = await this.#open(url, headers, signal);
    if (response.statusCode !== 200) {
      response.destroy();
      return undefined;
    }
    const what = `the token of ${reference.registry}`;
    const token = readToken(await readAll(response, { what, maxBytes: MAX_TOKEN_BYTES }));
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  async #open(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { allowLoopback = false } = this.#deps;
    try {
      return await openGuarded(url, { headers, allowLoopback }, signal);
    } catch (cause) {
      if (cause instanceof RefusedCodeError) throw cause;
      const reason: unknown = signal.aborted ? signal.reason : cause;
      throw new Error(`asking the registry ${url.host}`, { cause: reason });
    }
  }
}

function toTokenUrl(
  { realm, service, scope }: AuthChallenge & { readonly kind: 'bearer' },
  { repository }: ImageReference,
): URL {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope ?? `repository:${repository}:pull`);
  return url;
}

/** As the user wrote it, with the version that was asked for. */
function show({ reference: { name, version } }: RegistryRequest): string {
  return `${name}${version.startsWith('sha256:') ? '@' : ':'}${version}`;
}

function accept(response: IncomingMessage, request: RegistryRequest): IncomingMessage {
  const status = response.statusCode ?? 0;
  if (status === 200) return response;
  response.destroy();
  if (status === 401 || status === 403) throw denied(request);
  if (status === 404) {
    throw new RefusedCodeError(
      'ImageNotFound',
      `${request.reference.registry} has no image ${show(request)}.`,
    );
  }
  throw new Error(`${request.reference.registry} answered ${status.toString()}`);
}

function denied(request: RegistryRequest): RefusedCodeError {
  const { registry } = request.reference;
  const remedy =
    request.credentials === undefined
      ? 'name a Secret with a password in spec.code.image.pullSecrets'
      : 'the password in the pull secret does not open it';
  return new RefusedCodeError(
    'ImageAccessDenied',
    `${registry} does not give the image ${show(request)} to us: ${remedy}.`,
  );
}

function toBasic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function readToken(body: Buffer): string | undefined {
  const answer = parseJson(body);
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { token, access_token: accessToken } = answer as Readonly<Record<string, unknown>>;
  const found = token ?? accessToken;
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}

async function readAll(
  response: IncomingMessage,
  { what, maxBytes }: { readonly what: string; readonly maxBytes: number },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      const limit = describeBytes(maxBytes);
      throw new RefusedCodeError('InvalidImage', `${what} is described by more than ${limit}.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toDigest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function checkDigest(found: string, wanted: string, request: RegistryRequest): void {
  if (found === wanted) return;
  const text = `${request.reference.registry} answered with something else than ${show(request)}: its digest is ${found}.`;
  throw new RefusedCodeError('InvalidImage', text);
}

/**
 * Asks a registry; what it does not answer is the user's to see, and is tried again all the same.
 * @throws RefusedCodeError, which is all that can go wrong but for an abort
 */
export async function orUnavailable<T>(
  { registry }: ImageReference,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await ask(signal ?? new AbortController().signal);
  } catch (error) {
    if (error instanceof RefusedCodeError || signal?.aborted === true) throw error;
    const text = `The registry ${registry} cannot be asked: ${explain(error)}.`;
    throw new RefusedCodeError('CodeUnavailable', text, { cause: error });
  }
}
