import { createHash } from 'node:crypto';
import type { ObjectMeta } from '@mayfly/api';
import { LambdaError } from '@mayfly/lambda-api';

/** The `RevisionId` of an object that has none of its own: changes with every change of its spec. A UUID. */
export function toRevisionId({ uid, generation }: ObjectMeta, of = ''): string {
  const hex = createHash('sha256').update(`${uid} ${generation.toString()} ${of}`).digest('hex');
  // Version and variant of RFC 9562: 8 stands for whatever its maker likes.
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join('-');
}

/** @throws LambdaError `PreconditionFailedException` when the caller has seen another revision than there is */
export function checkRevisionId(
  given: string | undefined,
  current: string,
  { of }: { readonly of: 'GetFunction/GetAlias' | 'GetPolicy' | 'GetLayerPolicy' },
): void {
  if (given === undefined || given === current) return;
  throw new LambdaError(
    'PreconditionFailedException',
    `The Revision Id provided does not match the latest Revision Id. Call the ${of} API to retrieve the latest Revision Id`,
  );
}
