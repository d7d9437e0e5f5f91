/** How a registry wants to be asked: what its `WWW-Authenticate` says. */
export type AuthChallenge =
  | { readonly kind: 'basic' }
  /** A token is to be had at `realm`. */
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service: string | undefined;
      readonly scope: string | undefined;
    };

const SCHEME = /^\s*(basic|bearer)\b\s*(.*)$/is;
const PARAMETER = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

/** Reads the header; undefined when nothing in it is understood. */
export function parseAuthChallenge(header: string | undefined): AuthChallenge | undefined {
  const [, scheme, rest = ''] = SCHEME.exec(header ?? '') ?? [];
  if (scheme === undefined) return undefined;
  if (scheme.toLowerCase() === 'basic') return { kind: 'basic' };
  const parameters = parseParameters(rest);
  const realm = parameters.get('realm');
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  return {
    kind: 'bearer',
    realm,
    service: parameters.get('service'),
    scope: parameters.get('scope'),
  };
}

function parseParameters(text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of text.matchAll(PARAMETER)) {
    parameters.set(name.toLowerCase(), (quoted ?? plain).replaceAll(/\\(.)/g, '$1'));
  }
  return parameters;
}
