const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const WORDS = 8;

/**
 * 64 hexadecimal digits that name a runtime in `Runtime Version ARN`: the same for the same identifier.
 * A fingerprint (FNV-1a, eight rounds), not a cryptographic digest.
 */
export function fingerprintRuntime(runtime: string): string {
  let digits = '';
  for (let round = 0; round < WORDS; round += 1) {
    let hash = (FNV_OFFSET + round) >>> 0;
    for (const character of runtime) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), FNV_PRIME) >>> 0;
    }
    digits += hash.toString(16).padStart(8, '0');
  }
  return digits;
}
