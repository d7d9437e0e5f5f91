import type { Clock } from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import type { AccessKeys } from './access-keys.ts';
import { Authenticator } from './authenticator.ts';
import { Authorizer, type AccessReviewer, type AuthorizerDeps } from './authorizer.ts';
import { BearerTokens, type TokenReviewer } from './bearer-tokens.ts';

/** How callers are known, and who says what they may do. */
export interface IdentityDeps {
  readonly accessKeys: AccessKeys;
  /** Undefined: no tokens are taken, signatures only. */
  readonly tokenReviewer?: TokenReviewer | undefined;
  /** Undefined: an account may do everything with what it has. */
  readonly accessReviewer?: AccessReviewer | undefined;
}

/** Joins what asks who calls and what decides what they may do. Without identity, everybody may do everything. */
export function composeIdentity(
  {
    identity,
    find,
    clock,
    logger,
  }: {
    readonly identity: IdentityDeps | undefined;
    readonly find: AuthorizerDeps['find'];
    readonly clock: Clock;
    readonly logger: Logger;
  },
  { region, accountId, namespace }: Pick<AuthorizerDeps, 'region' | 'accountId' | 'namespace'>,
): { readonly authenticator: Authenticator | undefined; readonly authorizer: Authorizer } {
  const warn =
    (message: string) =>
    (err: unknown): void => {
      logger.warn({ err }, message);
    };
  const authorizer = new Authorizer({
    reviewer: identity?.accessReviewer,
    find,
    clock,
    region,
    accountId,
    namespace,
    onError: warn('rights cannot be asked for'),
  });
  if (identity === undefined) return { authenticator: undefined, authorizer };
  const { accessKeys, tokenReviewer: reviewer } = identity;
  const onError = warn('tokens cannot be reviewed');
  const tokens = reviewer && new BearerTokens({ reviewer, clock, accountId, onError });
  const authenticator = new Authenticator({ accessKeys, tokens, clock, region });
  return { authenticator, authorizer };
}
