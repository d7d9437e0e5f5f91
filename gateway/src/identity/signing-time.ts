import { incompleteSignature, invalidSignature } from './refusals.ts';

/** A moment that a request was signed at. */
export interface SigningTime {
  readonly ms: number;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
}

/** Lambda lets clocks differ by so much; S3 and others by 15 minutes. */
const CLOCK_SKEW_MS = 300_000;

/** A presigned request is good for a week at most. */
const MOST_EXPIRES_SECONDS = 604_800;

const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads the date of a request: of `X-Amz-Date` in ISO 8601's basic format, of `Date` also as HTTP writes it.
 * @throws LambdaError when it is neither
 */
export function parseSigningTime(text: string): SigningTime {
  const iso = HTTP_DATE.test(text) ? text : text.replace(BASIC, '$1-$2-$3T$4:$5:$6Z');
  const ms = iso === text && !HTTP_DATE.test(text) ? NaN : Date.parse(iso);
  if (Number.isNaN(ms)) {
    throw incompleteSignature(
      `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  return { ms, timestamp: toBasic(ms) };
}

/** For how many milliseconds a request is good. Undefined: as long as clocks may differ. */
export function parseExpires(text: string | undefined): number {
  if (text === undefined) return CLOCK_SKEW_MS;
  if (!/^\d{1,10}$/.test(text)) throw incompleteSignature('X-Amz-Expires should be a number');
  const seconds = Number(text);
  if (seconds > MOST_EXPIRES_SECONDS) {
    throw incompleteSignature(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires ' +
        `must be less than ${MOST_EXPIRES_SECONDS} seconds`,
    );
  }
  return seconds * 1000;
}

/**
 * Lets pass what was signed at about this time, or, presigned, not longer ago than it may be.
 * @throws LambdaError with AWS's sentence
 */
export function checkSigningTime(signed: SigningTime, nowMs: number, validMs: number): void {
  if (signed.ms < nowMs - validMs) {
    throw invalidSignature(
      `Signature expired: ${signed.timestamp} is now earlier than ${toBasic(nowMs - validMs)} ` +
        `(${toBasic(nowMs)} - ${describe(validMs)})`,
    );
  }
  if (signed.ms > nowMs + CLOCK_SKEW_MS) {
    throw invalidSignature(
      `Signature not yet current: ${signed.timestamp} is still later than ` +
        `${toBasic(nowMs + CLOCK_SKEW_MS)} (${toBasic(nowMs)} + ${describe(CLOCK_SKEW_MS)})`,
    );
  }
}

function describe(durationMs: number): string {
  const seconds = durationMs / 1000;
  return seconds % 60 === 0 ? `${seconds / 60} min.` : `${seconds} sec.`;
}

function toBasic(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}
