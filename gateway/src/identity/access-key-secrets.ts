import { holdsNameBefore } from '@mayfly/core';
import { z } from 'zod';
import type { AccessKey, AccessKeys } from './access-keys.ts';
import { toServiceAccountUser, toUserArn } from './caller.ts';

/** Label of the Secrets that are access keys. */
export const ACCESS_KEY_LABEL = 'mayfly.dev/access-key';

const SERVICE_ACCOUNT_ANNOTATION = 'mayfly.dev/service-account';
const ACCOUNT_ANNOTATION = 'mayfly.dev/account-id';

/** A Secret that may be an access key. */
export interface AccessKeySecret {
  readonly data: Readonly<Record<string, Buffer>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly creationTimestamp: string;
}

/** Where the Secrets are, and who hears of those that are no keys. */
export interface AccessKeySecretsDeps {
  readonly namespace: string;
  /** Account of keys that name none. */
  readonly accountId: string;
  readonly onUnreadable: (name: string, problems: readonly string[]) => void;
}

interface Claim {
  readonly name: string;
  readonly creationTimestamp: string;
  readonly accessKeyId: string;
  readonly key: AccessKey;
}

const SecretForm = z.object({
  accessKeyId: z.string().regex(/^\w{1,128}$/, { error: 'must be 1 to 128 letters and digits' }),
  secretAccessKey: z.string().min(1, { error: 'must not be empty' }).max(256),
  sessionToken: z.string().min(1).max(4096).optional(),
  [SERVICE_ACCOUNT_ANNOTATION]: z
    .string({ error: 'must name a ServiceAccount of the same namespace' })
    .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, { error: 'must name a ServiceAccount' }),
  [ACCOUNT_ANNOTATION]: z
    .string()
    .regex(/^\d{12}$/, { error: 'must have 12 digits' })
    .optional(),
});

/** The access keys that lie in labelled Secrets of one namespace, each with the rights of a ServiceAccount beside it. */
export class AccessKeySecrets implements AccessKeys {
  readonly #deps: AccessKeySecretsDeps;
  readonly #bySecret = new Map<string, Claim>();
  /** Of two Secrets that say the same id, the older one has it. */
  readonly #byId = new Map<string, readonly Claim[]>();

  constructor(deps: AccessKeySecretsDeps) {
    this.#deps = deps;
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#byId.get(accessKeyId)?.[0]?.key;
  }

  /** Takes in a Secret as it is now; undefined: it is gone, or no key any more. */
  apply(name: string, secret: AccessKeySecret | undefined): void {
    const before = this.#bySecret.get(name);
    if (before !== undefined) this.#remove(before);
    const claim = secret && this.#read(name, secret);
    if (claim !== undefined) this.#add(claim);
  }

  #add(claim: Claim): void {
    this.#bySecret.set(claim.name, claim);
    const claims = [...(this.#byId.get(claim.accessKeyId) ?? []), claim];
    this.#byId.set(
      claim.accessKeyId,
      claims.toSorted((a, b) => (holdsNameBefore(a, b) ? -1 : 1)),
    );
  }

  #remove(claim: Claim): void {
    this.#bySecret.delete(claim.name);
    const rest = (this.#byId.get(claim.accessKeyId) ?? []).filter((each) => each !== claim);
    if (rest.length > 0) this.#byId.set(claim.accessKeyId, rest);
    else this.#byId.delete(claim.accessKeyId);
  }

  #read(name: string, { data, annotations, creationTimestamp }: AccessKeySecret) {
    const texts = Object.fromEntries(
      Object.entries(data).map(([member, value]) => [member, value.toString()]),
    );
    const read = SecretForm.safeParse({ ...annotations, ...texts });
    if (!read.success) {
      // Without the values: they may be secrets.
      const problems = read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
      this.#deps.onUnreadable(name, problems);
      return undefined;
    }
    const { accessKeyId, secretAccessKey, sessionToken } = read.data;
    const { namespace } = this.#deps;
    const serviceAccount = { namespace, name: read.data[SERVICE_ACCOUNT_ANNOTATION] };
    const accountId = read.data[ACCOUNT_ANNOTATION] ?? this.#deps.accountId;
    const { username } = toServiceAccountUser(namespace, serviceAccount.name);
    const principal = { arn: toUserArn(accountId, username), accountId, serviceAccount };
    const key = {
      secretAccessKey,
      principal,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
    return { name, creationTimestamp, accessKeyId, key };
  }
}
