import { URL_CREATED_ANNOTATION, URL_MODIFIED_ANNOTATION } from '@mayfly/api';
import { LATEST, LambdaError } from '@mayfly/lambda-api';
import type { Url, UrlHolder } from '../mapping/url-config.ts';
import type { ApiCall } from '../operation.ts';
import { readReference } from '../references.ts';

/** What a request about a URL names. */
export interface UrlReference {
  readonly FunctionName: string;
  readonly Qualifier?: string | undefined;
}

/** The function, or its alias, that a request about a URL names. */
export function findUrlHolder(input: UrlReference, call: ApiCall): UrlHolder | undefined {
  const { objects, site } = call;
  const { functionName, qualifier } = readReference(input, site);
  const fn = objects.findFunction(site.namespace, functionName);
  if (fn === undefined || qualifier === undefined || qualifier === LATEST) return fn;
  return objects.findAlias(site.namespace, functionName, qualifier);
}

/** @throws LambdaError `ResourceNotFoundException` when there is none, or it has no URL */
export function requireUrl(
  input: UrlReference,
  call: ApiCall,
): { readonly holder: UrlHolder; readonly url: Url } {
  const holder = findUrlHolder(input, call);
  const url = holder?.spec.url;
  if (holder === undefined || url === undefined) throw urlNotFound();
  return { holder, url };
}

/**
 * Writes a URL; undefined removes it.
 * @returns the object with it, as the operator has judged it
 * @throws LambdaError what `edit` throws
 */
export async function writeUrl(
  holder: UrlHolder,
  edit: (before: Url | undefined) => Url | undefined,
  call: ApiCall,
): Promise<UrlHolder> {
  const { writer, clock, signal, objects } = call;
  const nowIso = new Date(clock.now()).toISOString();
  const change = <T extends UrlHolder>(object: T): T => withUrl(object, edit, nowIso);
  const of = { key: holder.metadata, notFound: urlNotFound };
  const { namespace } = holder.metadata;
  if (holder.kind === 'Function') {
    const written = await writer.change<'Function'>('Function', of, { change, signal });
    const { functionName = written.metadata.name } = written.spec;
    return objects.findFunction(namespace, functionName) ?? written;
  }
  const written = await writer.change<'Alias'>('Alias', of, { change, signal });
  const { functionName, name } = written.spec;
  return objects.findAlias(namespace, functionName, name) ?? written;
}

function withUrl<T extends UrlHolder>(
  object: T,
  edit: (before: Url | undefined) => Url | undefined,
  nowIso: string,
): T {
  const { url: before, ...spec } = object.spec;
  const { [URL_CREATED_ANNOTATION]: created, ...kept } = object.metadata.annotations ?? {};
  const { [URL_MODIFIED_ANNOTATION]: _modified, ...annotations } = kept;
  const url = edit(before);
  if (url === undefined) return { ...object, metadata: { ...object.metadata, annotations }, spec };
  const createdAt = before === undefined ? nowIso : (created ?? object.metadata.creationTimestamp);
  const times = { [URL_CREATED_ANNOTATION]: createdAt, [URL_MODIFIED_ANNOTATION]: nowIso };
  const metadata = { ...object.metadata, annotations: { ...annotations, ...times } };
  return { ...object, metadata, spec: { ...spec, url } };
}

/** AWS's answer for a URL that is not there. */
export function urlNotFound(): LambdaError {
  return new LambdaError('ResourceNotFoundException', 'The resource you requested does not exist.');
}

/** AWS's answer for a URL that nothing is there for. */
export function urlHolderNotFound(): LambdaError {
  return new LambdaError('ResourceNotFoundException', 'Function does not exist');
}
