import { invalid } from './invalid.ts';

/** One page of a list, and where the next one begins. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined: this is the last one. */
  readonly nextMarker: string | undefined;
}

/** What a request says of pages. */
export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

const DEFAULT_PAGE_SIZE = 50;

/**
 * Cuts one page out of a list, in the order of the keys. A marker names the last item of the page before, so that what is
 * made or deleted between two pages neither repeats nor hides another item.
 * @throws LambdaError `InvalidParameterValueException` for a marker that we did not give
 */
export function toPage<T>(
  listed: readonly T[],
  { Marker, MaxItems = DEFAULT_PAGE_SIZE }: PageRequest,
  {
    keyOf,
    isAfter = (key, last) => key > last,
  }: {
    /** No two items have the same. */
    readonly keyOf: (item: T) => string;
    readonly isAfter?: (key: string, last: string) => boolean;
  },
): Page<T> {
  const last = Marker === undefined || Marker === '' ? undefined : readMarker(Marker);
  const rest = listed
    .map((item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => last === undefined || isAfter(key, last))
    .sort((a, b) => (isAfter(a.key, b.key) ? 1 : -1));
  const page = rest.slice(0, MaxItems);
  const final = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    nextMarker:
      rest.length > page.length && final !== undefined ? writeMarker(final.key) : undefined,
  };
}

function writeMarker(key: string): string {
  return Buffer.from(JSON.stringify([key])).toString('base64url');
}

function readMarker(marker: string): string {
  const key = parse(Buffer.from(marker, 'base64url').toString());
  if (Array.isArray(key) && typeof key[0] === 'string') return key[0];
  throw invalid('The marker is invalid: use the NextMarker of the page before.');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
