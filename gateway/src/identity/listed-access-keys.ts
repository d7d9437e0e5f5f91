import { z } from 'zod';
import type { AccessKey, AccessKeys } from './access-keys.ts';

const NAME = /^[\w+=,.@-]{1,64}$/;

const ListedAccessKey = z.strictObject({
  accessKeyId: z.string().regex(/^\w{1,128}$/, { error: 'must be 1 to 128 letters and digits' }),
  secretAccessKey: z.string().min(1).max(256),
  userName: z.string().regex(NAME, { error: 'must be a user name as of IAM' }),
  accountId: z
    .string()
    .regex(/^\d{12}$/, { error: 'must have 12 digits' })
    .optional(),
});

const AccessKeyList = z
  .array(ListedAccessKey)
  .max(1000)
  .refine((keys) => new Set(keys.map((key) => key.accessKeyId)).size === keys.length, {
    error: 'holds an accessKeyId twice',
  });

/**
 * The access keys of the embedded mode, from the content of a file: a JSON list of `accessKeyId`, `secretAccessKey` and
 * `userName`; with `accountId` it is of another account, and may do only what permissions let it. Everything that is wrong is told at once; secrets are not.
 */
export function parseAccessKeys(json: string, accountId: string): AccessKeys {
  const read = AccessKeyList.safeParse(parseJson(json));
  if (!read.success) {
    const problems = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`reading access keys: ${problems.join('; ')}`);
  }
  const keys = new Map(
    read.data.map(({ accessKeyId, secretAccessKey, userName, ...of }): [string, AccessKey] => {
      const { accountId: account = accountId } = of;
      const arn = `arn:aws:iam::${account}:user/${userName}`;
      const principal = { arn, accountId: account, serviceAccount: undefined };
      return [accessKeyId, { secretAccessKey, principal }];
    }),
  );
  return { find: (accessKeyId) => keys.get(accessKeyId) };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // What the parser says would repeat a part of the file, and with it perhaps a secret.
    throw new Error('reading access keys: the file is no JSON');
  }
}
