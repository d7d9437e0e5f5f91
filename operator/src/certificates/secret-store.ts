/** One Secret, as far as certificates go. Values are text. */
export interface StoredSecret {
  readonly data: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
}

/** Whether a write was taken. */
export type WriteOutcome = { readonly kind: 'written' } | { readonly kind: 'conflict' };

/** The Secrets of the system namespace, as narrow as certificates need them. */
export interface SecretStore {
  get(name: string, signal?: AbortSignal): Promise<StoredSecret | undefined>;
  /** `conflict`: it exists already. */
  create(name: string, data: StoredSecret['data'], signal?: AbortSignal): Promise<WriteOutcome>;
  /** `conflict`: it was changed or deleted since it was read. */
  update(name: string, secret: StoredSecret, signal?: AbortSignal): Promise<WriteOutcome>;
}
