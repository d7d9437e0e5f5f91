/** What comes before the body of a request, before anything of it was decoded or changed. */
export interface SignedHead {
  readonly method: string;
  /** Path and query as in the request line. */
  readonly url: string;
  /** Names and values in turns, as Node keeps them: one character for each byte. */
  readonly rawHeaders: readonly string[];
}

/** A request as it came in. */
export interface SignedRequest extends SignedHead {
  readonly body: Uint8Array;
}

/** A name and a value of the query, decoded: one character for each byte, as in the headers. */
export type QueryParameter = readonly [name: string, value: string];

/** The head of a request with what signatures are about at hand. */
export interface RequestParts {
  readonly method: string;
  readonly path: string;
  readonly query: readonly QueryParameter[];
  /** Values by name in lower case, in the order in which they came. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** Takes the head of a request apart. */
export function toRequestParts(request: SignedHead): RequestParts {
  const mark = request.url.indexOf('?');
  const path = mark < 0 ? request.url : request.url.slice(0, mark);
  const query = mark < 0 ? '' : request.url.slice(mark + 1);
  return {
    method: request.method,
    path,
    query: parseQuery(query),
    headers: toHeaders(request.rawHeaders),
  };
}

/** The first value of a header. */
export function headerOf({ headers }: RequestParts, name: string): string | undefined {
  return headers.get(name)?.[0];
}

/** The first value of a parameter of the query. */
export function parameterOf({ query }: RequestParts, name: string): string | undefined {
  return query.find((parameter) => parameter[0] === name)?.[1];
}

function parseQuery(query: string): readonly QueryParameter[] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const mark = part.indexOf('=');
      return mark < 0
        ? [decode(part), '']
        : [decode(part.slice(0, mark)), decode(part.slice(mark + 1))];
    });
}

/** A plus sign is a space, as for AWS; what is no escape stands for itself. */
function decode(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

function toHeaders(raw: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    const known = headers.get(name);
    if (known === undefined) headers.set(name, [value]);
    else known.push(value);
  }
  return headers;
}
