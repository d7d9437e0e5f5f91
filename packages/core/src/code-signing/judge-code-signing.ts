import type { CodeSigningConfigResource, ServedLayer, ServedRevision } from '@mayfly/api';

/** The archives of a function, by their digests. */
export interface SignedArchives {
  readonly codeSha256: string;
  readonly layers?: readonly Pick<ServedLayer, 'codeSha256'>[] | undefined;
}

/** What code signing is judged by. */
export interface CodeSigningFacts {
  /** Of the function; undefined: it asks for none. */
  readonly arn: string | undefined;
  /** A config of the namespace of the function, by its ARN. */
  readonly find: (arn: string) => CodeSigningConfigResource | undefined;
  /** Whether every config is known. */
  readonly isKnown: boolean;
  /** What the function is served with now. */
  readonly served: Pick<ServedRevision, 'codeSha256' | 'layers'> | undefined;
}

interface Said {
  readonly reason: string;
  readonly message: string;
}

/** Whether archives may be served. Unsigned: they may, and nobody is known to have signed them. */
export type CodeSigningVerdict =
  | { readonly kind: 'unasked' }
  | ({ readonly kind: 'unsigned' } & Said)
  | ({ readonly kind: 'refused' | 'pending' } & Said);

/**
 * Judges archives by the code signing config of their function. No signature is verified here, so that each counts as
 * one without. As in Lambda, what is deployed already is not asked again.
 */
export function judgeCodeSigning(
  archives: SignedArchives,
  { arn, find, isKnown, served }: CodeSigningFacts,
): CodeSigningVerdict {
  if (arn === undefined) return { kind: 'unasked' };
  const config = find(arn);
  if (config === undefined) return judgeMissing(arn, isKnown);
  const { codeSha256 } = archives;
  const isEnforced = enforcesSignatures(config);
  if (isEnforced && !isDeployed(archives, served)) {
    const message = `The code ${codeSha256} or a layer is new and not known to be signed, and ${arn} enforces signatures: none is verified here, so that no new code is served. Detach the config, or let it warn.`;
    return { kind: 'refused', reason: 'CodeVerificationFailed', message };
  }
  const then = isEnforced ? 'It was deployed before; new code is refused' : 'It is served';
  const message = `The code ${codeSha256} is not known to be signed as ${arn} asks. ${then}.`;
  return { kind: 'unsigned', reason: 'CodeNotSigned', message };
}

/** Whether code without a signature is refused, and not only warned of. */
export function enforcesSignatures({ spec }: CodeSigningConfigResource): boolean {
  return spec.policies?.untrustedArtifactOnDeployment === 'Enforce';
}

function judgeMissing(arn: string, isKnown: boolean): CodeSigningVerdict {
  if (!isKnown) {
    const message = 'The code signing configs are not known yet.';
    return { kind: 'pending', reason: 'CodeSigningConfigPending', message };
  }
  // AWS's sentence.
  const message = `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`;
  return { kind: 'refused', reason: 'CodeSigningConfigNotFound', message };
}

function isDeployed(
  { codeSha256, layers = [] }: SignedArchives,
  served: CodeSigningFacts['served'],
): boolean {
  if (served?.codeSha256 !== codeSha256) return false;
  const known = new Set((served.layers ?? []).map((layer) => layer.codeSha256));
  return layers.every((layer) => known.has(layer.codeSha256));
}
