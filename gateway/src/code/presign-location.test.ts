import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { judgeLocation, presignLocation, type LocationClaim } from './presign-location.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;
const CODE_SHA256 = createHash('sha256').update('archive').digest('base64');

function claimOf(location: string, nowMs: number): LocationClaim {
  const url = new URL(location);
  return {
    digest: url.pathname.slice('/code/'.length),
    expires: url.searchParams.get('expires') ?? '',
    signature: url.searchParams.get('signature') ?? '',
    nowMs,
  };
}

function presign(key = 'key'): string {
  const baseUrl = 'https://lambda.example.com:8443';
  return presignLocation({ codeSha256: CODE_SHA256, baseUrl, nowMs: NOW_MS }, key);
}

describe('the address of an archive', () => {
  it('names its digest below the address of the gateway', ({ expect }) => {
    const hex = createHash('sha256').update('archive').digest('hex');
    expect(presign()).toMatch(
      new RegExp(
        `^https://lambda\\.example\\.com:8443/code/${hex}\\?expires=1767226200&signature=[0-9a-f]{64}$`,
      ),
    );
  });

  it('is good for ten minutes', ({ expect }) => {
    const judge = (afterMs: number): string =>
      judgeLocation(claimOf(presign(), NOW_MS + afterMs), ['key']);
    expect(judge(0)).toBe('good');
    expect(judge(10 * MINUTE_MS)).toBe('good');
    expect(judge(10 * MINUTE_MS + 1)).toBe('expired');
  });

  it('is taken with each key that is still valid, and with no other', ({ expect }) => {
    const claim = claimOf(presign('old'), NOW_MS);
    expect(judgeLocation(claim, ['new', 'old'])).toBe('good');
    expect(judgeLocation(claim, ['new'])).toBe('forged');
    expect(judgeLocation(claim, [])).toBe('forged');
  });

  it('cannot be stretched, nor bent to another archive', ({ expect }) => {
    const claim = claimOf(presign(), NOW_MS);
    const later = { ...claim, expires: (Number(claim.expires) + 1).toString() };
    const other = { ...claim, digest: 'a'.repeat(64) };
    expect([later, other].map((each) => judgeLocation(each, ['key']))).toEqual([
      'forged',
      'forged',
    ]);
  });

  it('cannot be guessed', ({ expect }) => {
    const anything = fc.record({
      digest: fc.string(),
      expires: fc.string(),
      signature: fc.string(),
    });
    fc.assert(
      fc.property(anything, (claim) => {
        expect(judgeLocation({ ...claim, nowMs: NOW_MS }, ['key'])).toBe('forged');
      }),
    );
  });
});
