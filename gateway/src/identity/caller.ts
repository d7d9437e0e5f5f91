import { createHash } from 'node:crypto';

/** Somebody as the API server of Kubernetes knows them: what its RBAC decides about. */
export interface KubernetesUser {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** Somebody who has proven who they are. */
export interface ProvenCaller {
  readonly kind: 'principal';
  /** `arn:aws:iam::<account>:user/<namespace>/<name>`. */
  readonly arn: string;
  /** 12 digits. */
  readonly accountId: string;
  /** Undefined: it was a token of the cluster that proved it. */
  readonly accessKeyId: string | undefined;
  /** Whose rights hold in a cluster. Undefined in the embedded mode: an account may do everything with what it has. */
  readonly user: KubernetesUser | undefined;
}

/** Who sends a request. Anonymous: nobody is asked, as identity is off. */
export type Caller = { readonly kind: 'anonymous' } | ProvenCaller;

/** The caller of everything while identity is off. */
export const ANONYMOUS: Caller = Object.freeze({ kind: 'anonymous' });

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The user that pods with the service account are for the API server. */
export function toServiceAccountUser(namespace: string, name: string): KubernetesUser {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: [
      'system:serviceaccounts',
      `system:serviceaccounts:${namespace}`,
      'system:authenticated',
    ],
  };
}

/**
 * The ARN of a user of the cluster: `user/<namespace>/<name>` of a service account, `user/<name>` of anybody else, with
 * escapes for what IAM takes in no name, the slash among them: no two users have the same.
 */
export function toUserArn(accountId: string, username: string): string {
  const [, namespace, name] = SERVICE_ACCOUNT.exec(username) ?? [];
  const path =
    namespace === undefined || name === undefined
      ? username.replaceAll(/[^\w+=,.@-]/gu, (character) => encodeURIComponent(character))
      : `${namespace}/${name}`;
  return `arn:aws:iam::${accountId}:user/${path}`;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An id as IAM gives users, made of the ARN: always the same for the same user. */
export function toUserId(arn: string): string {
  const digest = createHash('sha256').update(arn).digest();
  const letters = Array.from({ length: 17 }, (_, index) => BASE32[(digest[index] ?? 0) % 32] ?? '');
  return `AIDA${letters.join('')}`;
}
