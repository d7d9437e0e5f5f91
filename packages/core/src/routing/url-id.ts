const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const MASK_64 = 0xffffffffffffffffn;
const MAX_SLUG_LENGTH = 48;

/** FNV-1a, 64 bits, over UTF-16 code units: names are ASCII, so units are bytes. */
function computeFnv1a64(text: string): bigint {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    hash = ((hash ^ BigInt(text.charCodeAt(index))) * FNV_PRIME) & MASK_64;
  }
  return hash;
}

/**
 * The first label of a function URL's host: readable, the same on every start, at most 63 characters.
 * `hello` in `default` → `hello-<hash>`; with the alias `live` as qualifier `hello-live-<hash>`. Nothing is kept secret
 * by it: who may call is `authType`'s matter.
 */
export function makeUrlId(namespace: string, functionName: string, qualifier?: string): string {
  // A colon is in no name: what is hashed for an alias is never what is hashed for a function.
  const [name, id] =
    qualifier === undefined
      ? [functionName, functionName]
      : [`${functionName}-${qualifier}`, `${functionName}:${qualifier}`];
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, MAX_SLUG_LENGTH);
  const hash = computeFnv1a64(`${namespace}/${id}`).toString(36).padStart(13, '0');
  return slug === '' ? `fn-${hash}` : `${slug}-${hash}`;
}

/** Where function URLs live. */
export interface UrlLocation {
  readonly namespace: string;
  readonly functionName: string;
  /** Name of the alias, if the URL is that of one. */
  readonly qualifier?: string | undefined;
  readonly region: string;
  /** `localhost`, or the wildcard domain of the installation. */
  readonly urlDomain: string;
  /** `http` or `https`. */
  readonly scheme: string;
  /** Left out of the URL when undefined. */
  readonly port: number | undefined;
}

/** `http://<url-id>.lambda-url.<region>.<domain>[:port]/`: what `status.url` says. */
export function makeFunctionUrl(location: UrlLocation): string {
  const id = makeUrlId(location.namespace, location.functionName, location.qualifier);
  const port = location.port === undefined ? '' : `:${location.port.toString()}`;
  return `${location.scheme}://${id}.lambda-url.${location.region}.${location.urlDomain}${port}/`;
}
