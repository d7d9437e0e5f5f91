/** The ARN of a code signing config: `arn:aws:lambda:<region>:<account>:code-signing-config:<id>`. */
export function makeCodeSigningConfigArn({
  region,
  accountId,
  codeSigningConfigId,
}: {
  readonly region: string;
  /** 12 digits. */
  readonly accountId: string;
  readonly codeSigningConfigId: string;
}): string {
  return `arn:aws:lambda:${region}:${accountId}:code-signing-config:${codeSigningConfigId}`;
}
