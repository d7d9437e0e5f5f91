import type { Clock } from '@mayfly/core';
import type { AccessKeys } from './access-keys.ts';
import type { BearerTokens } from './bearer-tokens.ts';
import { toServiceAccountUser, type ProvenCaller } from './caller.ts';
import { missingAuthenticationToken } from './refusals.ts';
import type { SignedHead } from './signed-request.ts';
import { verifyHead, type VerifiedRequest } from './verify-signature.ts';

/** What callers are known by. */
export interface AuthenticatorDeps {
  readonly accessKeys: AccessKeys;
  /** Undefined: no tokens are taken. */
  readonly tokens?: BearerTokens | undefined;
  readonly clock: Clock;
  readonly region: string;
}

/** A part of AWS that requests are signed for. */
export type SigningService = 'lambda' | 'sts';

/** Says who it is, once the body is there. @throws LambdaError when the body is not what was signed */
export type ConfirmCaller = (body: Uint8Array) => ProvenCaller;

const BEARER = /^bearer +/i;

/** Proves who sends a request: by its signature, or by a token of the cluster. */
export class Authenticator {
  readonly #deps: AuthenticatorDeps;

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps;
  }

  /**
   * Before the body is there, so that no room is taken by bodies of those who may not send any.
   * @throws LambdaError with AWS's code and sentence
   */
  async authenticateHead(
    head: SignedHead,
    service: SigningService = 'lambda',
  ): Promise<ConfirmCaller> {
    const token = this.#deps.tokens === undefined ? undefined : readBearerToken(head);
    if (token === undefined) return this.authenticateSignature(head, service);
    const caller = await this.#deps.tokens?.authenticate(token);
    if (caller === undefined) throw missingAuthenticationToken();
    return () => caller;
  }

  /**
   * The same by a signature alone: function URLs take no tokens, as functions would see them.
   * @throws LambdaError with AWS's code and sentence
   */
  authenticateSignature(head: SignedHead, service: SigningService = 'lambda'): ConfirmCaller {
    const { accessKeys, region, clock } = this.#deps;
    const confirm = verifyHead(head, { accessKeys, region, service, nowMs: clock.now() });
    return (body) => toCaller(confirm(body));
  }
}

function toCaller({ accessKeyId, principal }: VerifiedRequest): ProvenCaller {
  const { arn, accountId, serviceAccount } = principal;
  const user =
    serviceAccount && toServiceAccountUser(serviceAccount.namespace, serviceAccount.name);
  return { kind: 'principal', arn, accountId, accessKeyId, user };
}

function readBearerToken({ rawHeaders }: SignedHead): string | undefined {
  const index = rawHeaders.findIndex(
    (name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization',
  );
  const value = index < 0 ? '' : (rawHeaders[index + 1] ?? '');
  return BEARER.test(value) ? value.replace(BEARER, '').trim() : undefined;
}
