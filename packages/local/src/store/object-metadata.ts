import type { Problem } from '@mayfly/api';

// The API server's rule for names: a DNS subdomain.
const DNS_LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const NAME = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
const NAMESPACE = new RegExp(`^${DNS_LABEL}$`);
const MAX_NAME_LENGTH = 253;
const MAX_NAMESPACE_LENGTH = 63;
const NAME_RULE =
  'must be lower-case letters, digits, - and ., and begin and end with a letter or digit (at most 253)';
const NAMESPACE_RULE =
  'must be lower-case letters, digits and -, and begin and end with a letter or digit (at most 63)';

/** What names an object; without a namespace it is the default one. */
export interface NamesOfObject {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** Says what the API server would refuse in names; the types are the caller's business. */
export function validateMetadata(metadata: NamesOfObject): readonly Problem[] {
  const problems: Problem[] = [];
  if (metadata.name.length > MAX_NAME_LENGTH || !NAME.test(metadata.name)) {
    problems.push({ path: 'metadata.name', message: `${NAME_RULE} (got "${metadata.name}")` });
  }
  const { namespace } = metadata;
  if (
    namespace !== undefined &&
    (namespace.length > MAX_NAMESPACE_LENGTH || !NAMESPACE.test(namespace))
  ) {
    problems.push({
      path: 'metadata.namespace',
      message: `${NAMESPACE_RULE} (got "${namespace}")`,
    });
  }
  return problems;
}
