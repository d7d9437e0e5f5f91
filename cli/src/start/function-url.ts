import { functionNameOf, type FunctionResource } from '@mayfly/api';
import { makeUrlId } from '@mayfly/core';

/** Where function URLs are. */
export interface UrlSite {
  readonly region: string;
  readonly urlDomain: string;
  readonly port: number;
}

/** The URL of a function that has one: `http://<url-id>.lambda-url.<region>.<domain>:<port>/`. */
export function makeFunctionUrl(fn: FunctionResource, site: UrlSite): string | undefined {
  if (fn.spec.url === undefined) return undefined;
  const urlId = makeUrlId(fn.metadata.namespace, functionNameOf(fn));
  return `http://${urlId}.lambda-url.${site.region}.${site.urlDomain}:${String(site.port)}/`;
}
