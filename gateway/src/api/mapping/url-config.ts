import {
  functionNameOf,
  URL_CREATED_ANNOTATION,
  URL_MODIFIED_ANNOTATION,
  type AliasResource,
  type FunctionResource,
  type FunctionSpec,
} from '@mayfly/api';
import { makeFunctionUrl } from '@mayfly/core';
import { makeFunctionArn } from '@mayfly/lambda-api';
import type {
  Cors,
  FunctionUrlConfig,
  UpdateFunctionUrlConfigRequest,
} from '@mayfly/lambda-api/contract';
import type { ApiCall } from '../operation.ts';
import { invalid } from '../invalid.ts';

/** What can have a URL. */
export type UrlHolder = FunctionResource | AliasResource;
/** A URL as an object holds it. */
export type Url = NonNullable<FunctionSpec['url']>;

/** The URL of an object as the API says it. */
export function toUrlConfig(holder: UrlHolder, url: Url, call: ApiCall): FunctionUrlConfig {
  const { metadata, status } = holder;
  const { annotations = {}, creationTimestamp } = metadata;
  const created = annotations[URL_CREATED_ANNOTATION] ?? creationTimestamp;
  const { functionName, qualifier } = namesOf(holder);
  return {
    FunctionUrl: status?.url ?? computeUrl(holder, call),
    FunctionArn: makeFunctionArn({ ...call.site, functionName }, qualifier),
    AuthType: url.authType,
    ...(url.cors === undefined ? {} : { Cors: toCors(url.cors) }),
    CreationTime: toTime(created),
    LastModifiedTime: toTime(annotations[URL_MODIFIED_ANNOTATION] ?? created),
    InvokeMode: url.invokeMode,
  };
}

/** Of a URL that the operator has not yet said: it is made of names alone. */
function computeUrl(holder: UrlHolder, { site, urlDomain, baseUrl }: ApiCall): string {
  const { protocol, port } = new URL(baseUrl);
  return makeFunctionUrl({
    ...namesOf(holder),
    namespace: site.namespace,
    region: site.region,
    urlDomain,
    scheme: protocol.slice(0, -1),
    port: port === '' ? undefined : Number(port),
  });
}

function namesOf(holder: UrlHolder): {
  readonly functionName: string;
  readonly qualifier: string | undefined;
} {
  return holder.kind === 'Function'
    ? { functionName: functionNameOf(holder), qualifier: undefined }
    : { functionName: holder.spec.functionName, qualifier: holder.spec.name };
}

function toTime(iso: string): string {
  return new Date(iso).toISOString();
}

function toCors(cors: NonNullable<Url['cors']>): Cors {
  return {
    // As in Lambda, what is false goes without saying.
    ...(cors.allowCredentials ? { AllowCredentials: true } : {}),
    AllowHeaders: cors.allowHeaders,
    AllowMethods: cors.allowMethods,
    AllowOrigins: cors.allowOrigins,
    ExposeHeaders: cors.exposeHeaders,
    MaxAge: cors.maxAge,
  };
}

type UrlSettings = Pick<UpdateFunctionUrlConfigRequest, 'AuthType' | 'Cors' | 'InvokeMode'>;

/** A URL with what a request says; what it does not name stays as it is. */
export function applyUrlSettings(url: Url, { AuthType, Cors, InvokeMode }: UrlSettings): Url {
  if (InvokeMode === 'RESPONSE_STREAM') {
    throw invalid(
      'InvokeMode RESPONSE_STREAM is not served by Mayfly: use BUFFERED, streaming handlers are buffered.',
    );
  }
  const cors = Cors === undefined ? url.cors : fromCors(Cors);
  return {
    authType: AuthType ?? url.authType,
    invokeMode: InvokeMode ?? url.invokeMode,
    ...(cors === undefined ? {} : { cors }),
  };
}

/** Rules that say nothing take back those that were there. */
function fromCors(cors: Cors): Url['cors'] {
  if (Object.keys(cors).length === 0) return undefined;
  const { AllowCredentials = false, AllowHeaders, AllowMethods, AllowOrigins } = cors;
  const { ExposeHeaders, MaxAge } = cors;
  return {
    allowCredentials: AllowCredentials,
    ...(AllowHeaders === undefined ? {} : { allowHeaders: [...AllowHeaders] }),
    ...(AllowMethods === undefined ? {} : { allowMethods: [...AllowMethods] }),
    ...(AllowOrigins === undefined ? {} : { allowOrigins: [...AllowOrigins] }),
    ...(ExposeHeaders === undefined ? {} : { exposeHeaders: [...ExposeHeaders] }),
    ...(MaxAge === undefined ? {} : { maxAge: MaxAge }),
  };
}
