import { computeFnv1a64 } from './fnv1a64.ts';

const MAX_SLUG_LENGTH = 48;

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
