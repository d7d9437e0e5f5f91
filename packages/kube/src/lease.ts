import type { KubeApi } from './kube-api.ts';

/** A Lease as leader election uses it. */
export interface LeaseRecord {
  readonly resourceVersion: string;
  /** Empty: nobody holds it. */
  readonly holder: string;
  readonly durationMs: number;
  /** The holder's own clock when it last renewed: only compared with itself. */
  readonly renewTime: string;
  readonly transitions: number;
}

/** Where the Lease is. */
export interface LeaseKey {
  readonly namespace: string;
  readonly name: string;
}

/** What leader election asks of the API server. */
export interface LeaseStore {
  get(signal: AbortSignal): Promise<LeaseRecord | undefined>;
  /** @throws KubeError 409 when somebody else made it first */
  create(record: Omit<LeaseRecord, 'resourceVersion'>, signal: AbortSignal): Promise<LeaseRecord>;
  /** @throws KubeError 409 when somebody else wrote first */
  update(record: LeaseRecord, signal: AbortSignal): Promise<LeaseRecord>;
}

interface RawLease {
  readonly metadata: { readonly resourceVersion: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** One Lease on the API server. */
export class KubeLeaseStore implements LeaseStore {
  readonly #api: KubeApi;
  readonly #key: LeaseKey;

  constructor(api: KubeApi, key: LeaseKey) {
    this.#api = api;
    this.#key = key;
  }

  async get(signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const found = await this.#api.find({ method: 'GET', path: this.#path(true), signal });
    return found === undefined ? undefined : parseLease(found as RawLease);
  }

  async create(
    record: Omit<LeaseRecord, 'resourceVersion'>,
    signal: AbortSignal,
  ): Promise<LeaseRecord> {
    const body = this.#format(record);
    const made = await this.#api.call({ method: 'POST', path: this.#path(false), body, signal });
    return parseLease(made as RawLease);
  }

  async update(record: LeaseRecord, signal: AbortSignal): Promise<LeaseRecord> {
    const body = this.#format(record);
    const made = await this.#api.call({ method: 'PUT', path: this.#path(true), body, signal });
    return parseLease(made as RawLease);
  }

  #path(withName: boolean): string {
    const { namespace, name } = this.#key;
    const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    return withName ? `${collection}/${name}` : collection;
  }

  #format(record: Omit<LeaseRecord, 'resourceVersion'> & { resourceVersion?: string }): object {
    const { resourceVersion, holder, durationMs, renewTime, transitions } = record;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...this.#key, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: Math.ceil(durationMs / 1000),
        renewTime,
        leaseTransitions: transitions,
      },
    };
  }
}

function parseLease({ metadata, spec = {} }: RawLease): LeaseRecord {
  return {
    resourceVersion: metadata.resourceVersion,
    holder: spec.holderIdentity ?? '',
    durationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
    renewTime: spec.renewTime ?? '',
    transitions: spec.leaseTransitions ?? 0,
  };
}
