const PARTS = 6;

/**
 * IAM's `ArnLike`: the six parts of both ARNs are compared one by one, and `*` and `?` stand for anything within a part.
 * `arn:aws:s3:::*` is like every bucket, `arn:*` is like nothing.
 */
export function isArnLike(arn: string, pattern: string): boolean {
  const parts = toParts(arn);
  const patterns = toParts(pattern);
  if (parts.length !== PARTS || patterns.length !== PARTS) return false;
  return parts.every((part, index) => matchesWildcard(part, patterns[index] ?? ''));
}

/** The last part may itself hold colons. */
function toParts(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= PARTS
    ? parts
    : [...parts.slice(0, PARTS - 1), parts.slice(PARTS - 1).join(':')];
}

/** In time of length times length at worst, whatever the pattern: a regular expression could take for ever. */
function matchesWildcard(text: string, pattern: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let afterStar = 0;
  while (at < text.length) {
    const wanted = pattern[inPattern];
    // The star first: a `*` in the text is an ordinary character.
    if (wanted === '*') {
      star = inPattern;
      afterStar = at;
      inPattern += 1;
    } else if (wanted === '?' || wanted === text[at]) {
      at += 1;
      inPattern += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      inPattern = star + 1;
      afterStar += 1;
      at = afterStar;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(inPattern));
}
