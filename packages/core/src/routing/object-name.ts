import { computeFnv1a64 } from './fnv1a64.ts';

/** Digits of base 36 that hold 64 bits. */
const HASH_DIGITS = 13;
/** A name of Lambda that Kubernetes takes as it is. */
const PLAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * The name of the object that the Lambda API makes for a function, or for what belongs to one: an alias by its name, a
 * version by an id of its own. The same name of Lambda gives the same object, and every name that Lambda takes gives one
 * that Kubernetes takes: `hello` → `hello`, `My_Page` → `my-page-<hash>`, `hello` and `live` → `hello.live`.
 */
export function makeObjectName(functionName: string, qualifier?: string): string {
  // No name of Lambda has a dot, so that what belongs to a function is never named as another function is.
  return qualifier === undefined
    ? toPart(functionName)
    : `${toPart(functionName)}.${toPart(qualifier)}`;
}

function toPart(name: string): string {
  if (PLAIN.test(name)) return name;
  const hash = computeFnv1a64(name).toString(36).padStart(HASH_DIGITS, '0');
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? `x-${hash}` : `${slug}-${hash}`;
}
