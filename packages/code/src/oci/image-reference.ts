import { RefusedCodeError } from '../refusal.ts';

/** Where an image is: a registry, a repository in it, and a tag or a digest. */
export interface ImageReference {
  /** `host` or `host:port`; Docker Hub is `registry-1.docker.io`. */
  readonly registry: string;
  readonly repository: string;
  /** A tag or a digest; a digest wins where both were written. */
  readonly version: string;
  /** As a kubelet takes it, without a version. */
  readonly name: string;
}

const DOCKER_HUB = 'registry-1.docker.io';
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const REGISTRY = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MAX_NAME_LENGTH = 255;

/** Reads `[registry/]repository[:tag][@sha256:…]` as Docker does; undefined when it is none. */
export function parseImageReference(text: string): ImageReference | undefined {
  const [rest = '', digest, ...more] = text.split('@');
  const { name, tag } = splitTag(rest);
  const { registry, repository } = splitRegistry(name);
  const isReference =
    more.length === 0 &&
    name.length <= MAX_NAME_LENGTH &&
    matches(DIGEST, digest) &&
    matches(TAG, tag) &&
    REGISTRY.test(registry) &&
    REPOSITORY.test(repository);
  if (!isReference) return undefined;
  return { registry, repository, version: digest ?? tag ?? 'latest', name };
}

function matches(pattern: RegExp, text: string | undefined): boolean {
  return text === undefined || pattern.test(text);
}

/** A colon after the last slash begins a tag; one before it, a port. */
function splitTag(text: string): { readonly name: string; readonly tag?: string } {
  const colon = text.lastIndexOf(':');
  if (colon <= text.lastIndexOf('/')) return { name: text };
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

/** The first part is a registry when it could be nothing else. */
function splitRegistry(name: string): Pick<ImageReference, 'registry' | 'repository'> {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  if (!isHost) {
    return { registry: DOCKER_HUB, repository: slash === -1 ? `library/${name}` : name };
  }
  const repository = name.slice(slash + 1);
  const isHub = first === 'docker.io' || first === 'index.docker.io';
  if (!isHub) return { registry: first, repository };
  return {
    registry: DOCKER_HUB,
    repository: repository.includes('/') ? repository : `library/${repository}`,
  };
}

/** As `parseImageReference`. @throws RefusedCodeError when it is none */
export function requireReference(text: string): ImageReference {
  const reference = parseImageReference(text);
  if (reference !== undefined) return reference;
  throw new RefusedCodeError(
    'InvalidImage',
    `${text} is no reference of an image: write registry/repository:tag or registry/repository@sha256:….`,
  );
}
