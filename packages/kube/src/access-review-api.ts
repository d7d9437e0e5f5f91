import type { KubeApi } from './kube-api.ts';

/** Somebody as the API server knows them. */
export interface ReviewedUser {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What somebody wants to do with a resource. */
export interface ReviewedAccess {
  readonly user: ReviewedUser;
  readonly verb: string;
  /** Empty: that of Pods and Secrets. */
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  /** Undefined: any of them. */
  readonly name?: string | undefined;
}

interface TokenReviewStatus {
  readonly authenticated?: boolean;
  readonly user?: {
    readonly username?: string;
    readonly groups?: readonly string[];
    readonly uid?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}

/** Somebody waits for the answer, and one that comes later is of no use. */
const DEADLINE_MS = 3000;
const ACCESS_PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const TOKEN_PATH = '/apis/authentication.k8s.io/v1/tokenreviews';

/** Asks the API server who somebody is and what they may do. */
export class AccessReviewApi {
  readonly #api: KubeApi;

  constructor(api: KubeApi) {
    this.#api = api;
  }

  /** Whether RBAC, or whatever else the API server asks, allows it. */
  async isAllowed(access: ReviewedAccess, signal?: AbortSignal): Promise<boolean> {
    const { user, verb, group, resource, namespace, name } = access;
    const { username, ...others } = user;
    const resourceAttributes = { verb, group, resource, namespace, name };
    const status = await this.#review(
      ACCESS_PATH,
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: username, ...others, resourceAttributes },
      },
      signal,
    );
    return (status as { allowed?: boolean } | undefined)?.allowed === true;
  }

  /** Whose token it is; undefined when it is not good, or no more. */
  async whoHas(token: string, signal?: AbortSignal): Promise<ReviewedUser | undefined> {
    const status = (await this.#review(
      TOKEN_PATH,
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
      signal,
    )) as TokenReviewStatus | undefined;
    const { username, groups = [], uid, extra } = status?.user ?? {};
    if (status?.authenticated !== true || username === undefined) return undefined;
    return { username, groups, uid, extra };
  }

  async #review(path: string, body: object, signal: AbortSignal | undefined): Promise<unknown> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const both = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    const answer = await this.#api.call({ method: 'POST', path, body, signal: both });
    return (answer as { status?: unknown } | undefined)?.status;
  }
}
