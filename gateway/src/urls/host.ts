import type { IncomingMessage } from 'node:http';

/** Where requests to a function URL's host go inside the server. */
export const URL_HOST_PREFIX = '/.mayfly/url-host/';

/** The url-id in a host such as `<url-id>.lambda-url.<region>.<domain>:8080`, or undefined. */
export function parseUrlHost(host: string, suffix: string): string | undefined {
  const colon = host.indexOf(':');
  const name = (colon < 0 ? host : host.slice(0, colon)).toLowerCase();
  if (!name.endsWith(suffix)) return undefined;
  const id = name.slice(0, -suffix.length);
  return /^[a-z0-9-]{1,63}$/.test(id) ? id : undefined;
}

/** Makes the function that leads every path of a function URL's host to one route. */
export function makeHostRewriter(
  region: string,
  urlDomain: string,
): (request: IncomingMessage) => string {
  const suffix = `.lambda-url.${region}.${urlDomain}`.toLowerCase();
  return (request) => {
    const url = request.url ?? '/';
    const { host } = request.headers;
    if (host?.includes('.') !== true) return url;
    const id = parseUrlHost(host, suffix);
    return id === undefined ? url : `${URL_HOST_PREFIX}${id}`;
  };
}
