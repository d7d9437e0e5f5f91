import { createHmac, timingSafeEqual } from 'node:crypto';

/** What an address is made of. */
export interface CodeLocation {
  /** Base64. */
  readonly codeSha256: string;
  /** As the caller reaches us, for example `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly nowMs: number;
}

/** What somebody came with to an address. */
export interface LocationClaim {
  /** SHA-256 of the archive in hex. */
  readonly digest: string;
  readonly expires: string;
  readonly signature: string;
  readonly nowMs: number;
}

/** Where archives are. */
export const CODE_PATH = '/code/';

const EXPIRES_SECONDS = 600;

/** An address from which anyone who has it can download an archive for ten minutes, as those of Lambda. */
export function presignLocation({ codeSha256, baseUrl, nowMs }: CodeLocation, key: string): string {
  const digest = Buffer.from(codeSha256, 'base64').toString('hex');
  const expires = (Math.floor(nowMs / 1000) + EXPIRES_SECONDS).toString();
  const signature = sign({ digest, expires }, key).toString('hex');
  return `${baseUrl}${CODE_PATH}${digest}?expires=${expires}&signature=${signature}`;
}

/** Whether the address was made with one of the keys, and is still good. */
export function judgeLocation(
  { digest, expires, signature, nowMs }: LocationClaim,
  keys: readonly string[],
): 'good' | 'expired' | 'forged' {
  const given = /^[0-9a-f]{64}$/.test(signature) ? Buffer.from(signature, 'hex') : undefined;
  if (given === undefined) return 'forged';
  // Every key is tried: how long that takes tells nothing.
  const matches = keys.filter((key) => timingSafeEqual(sign({ digest, expires }, key), given));
  if (matches.length === 0) return 'forged';
  return Number(expires) * 1000 < nowMs ? 'expired' : 'good';
}

/** With a key derived for this purpose: the secret itself opens other doors. */
function sign({ digest, expires }: Pick<LocationClaim, 'digest' | 'expires'>, key: string): Buffer {
  const derived = createHmac('sha256', key).update('mayfly code location').digest();
  return createHmac('sha256', derived).update(`${CODE_PATH}${digest}\n${expires}`).digest();
}
