/** Who calls, once that is proven. */
export interface Principal {
  /** `arn:aws:iam::<account>:user/<namespace>/<name>`. */
  readonly arn: string;
  /** 12 digits. */
  readonly accountId: string;
  /** Whose rights hold in a cluster. Undefined: nobody's, the key is of the embedded mode. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
}

/** An access key that may sign. */
export interface AccessKey {
  readonly secretAccessKey: string;
  readonly principal: Principal;
  /** Of a temporary key: every request must carry it. */
  readonly sessionToken?: string;
  /** Of a temporary key: when it ends. */
  readonly expiresAtMs?: number;
}

/**
 * The access keys there are now: answers at once, from what was read or watched before, and with the same object as
 * long as nothing has changed: what is derived from a key is remembered with it.
 */
export interface AccessKeys {
  find(accessKeyId: string): AccessKey | undefined;
}
