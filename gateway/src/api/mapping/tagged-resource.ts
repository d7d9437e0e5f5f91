import type { ResourceKinds } from '@mayfly/core';
import { editFunction } from '../objects/edit-function.ts';
import type { ApiCall } from '../operation.ts';
import { requireFunction } from '../references.ts';
import { mappingNotFound, requireMapping } from './event-source-mappings.ts';
import { invalid } from '../invalid.ts';

/** Tags by their key. */
export type Tags = Readonly<Record<string, string>>;

/** What has tags. */
export interface TaggedResource {
  readonly tags: Tags;
  /** @throws LambdaError what `apply` throws */
  write(apply: (tags: Tags) => Tags): Promise<void>;
}

/**
 * Finds what an ARN of a request about tags names.
 * @throws LambdaError `ResourceNotFoundException`, or `InvalidParameterValueException` for what has no tags
 */
export function requireTagged(arn: string, call: ApiCall): TaggedResource {
  const [, , , region, accountId, kind, name = '', qualifier] = arn.split(':');
  if (kind === 'function') return requireTaggedFunction(arn, qualifier, call);
  const { site } = call;
  const isHere = region === site.region && accountId === site.accountId;
  if (isHere && kind === 'code-signing-config') {
    const config = call.objects.findCodeSigningConfig(arn, site);
    if (config !== undefined) return toTagged('CodeSigningConfig', config, call);
  }
  if (!isHere || kind !== 'event-source-mapping') throw mappingNotFound();
  return toTagged('EventSourceMapping', requireMapping(name, call), call);
}

function requireTaggedFunction(
  arn: string,
  qualifier: string | undefined,
  call: ApiCall,
): TaggedResource {
  if (qualifier !== undefined) {
    throw invalid(
      'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    );
  }
  const named = requireFunction({ FunctionName: arn }, call);
  return {
    tags: named.fn.spec.tags ?? {},
    async write(apply) {
      await editFunction(named, (spec) => ({ ...spec, tags: { ...apply(spec.tags ?? {}) } }), call);
    },
  };
}

function toTagged<K extends 'EventSourceMapping' | 'CodeSigningConfig'>(
  kind: K,
  object: ResourceKinds[K],
  { writer, signal }: ApiCall,
): TaggedResource {
  return {
    tags: object.spec.tags ?? {},
    async write(apply) {
      const change = (current: ResourceKinds[K]): ResourceKinds[K] => {
        const tags = { ...apply(current.spec.tags ?? {}) };
        return { ...current, spec: { ...current.spec, tags } };
      };
      const of = { key: object.metadata, notFound: mappingNotFound };
      await writer.change<K>(kind, of, { change, signal });
    },
  };
}
