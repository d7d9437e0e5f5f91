import type { Clock } from '@mayfly/core';
import { AnswerCache } from './answer-cache.ts';
import { toUserArn, type KubernetesUser, type ProvenCaller } from './caller.ts';
import { undecidable, unrecognizedClient } from './refusals.ts';
import { hashHex } from './signature.ts';

/** Says whose token it is; undefined: nobody's, or no more. */
export interface TokenReviewer {
  review(token: string): Promise<KubernetesUser | undefined>;
}

/** What is needed to know tokens. */
export interface BearerTokensDeps {
  readonly reviewer: TokenReviewer;
  readonly clock: Clock;
  readonly accountId: string;
  readonly onError: (error: unknown) => void;
}

type Answer = { readonly caller: ProvenCaller } | { readonly caller: undefined };

const FRESH_MS = 10_000;
const REFUSED_FRESH_MS = 2000;
/** Those of service accounts have about a thousand characters; ours is no place to keep more. */
const MAX_TOKEN_LENGTH = 16_384;

/** Callers by the tokens that the API server takes. What it says is remembered for seconds, by the hash of the token. */
export class BearerTokens {
  readonly #deps: BearerTokensDeps;
  readonly #answers: AnswerCache<Answer>;

  constructor(deps: BearerTokensDeps) {
    this.#deps = deps;
    this.#answers = new AnswerCache({
      clock: deps.clock,
      freshForMs: ({ caller }) => (caller === undefined ? REFUSED_FRESH_MS : FRESH_MS),
      onError: deps.onError,
    });
  }

  /** @throws LambdaError when the token is not good, or when nobody can say */
  async authenticate(token: string): Promise<ProvenCaller> {
    if (token.length > MAX_TOKEN_LENGTH) throw unrecognizedClient();
    const ask = async (): Promise<Answer> => {
      const user = await this.#deps.reviewer.review(token);
      return { caller: user && this.#toCaller(user) };
    };
    const answer = await this.#answers
      .get(hashHex(Buffer.from(token)), ask)
      .catch((cause: unknown) => {
        throw undecidable(cause);
      });
    if (answer.caller === undefined) throw unrecognizedClient();
    return answer.caller;
  }

  #toCaller(user: KubernetesUser): ProvenCaller {
    const { accountId } = this.#deps;
    const arn = toUserArn(accountId, user.username);
    return { kind: 'principal', arn, accountId, accessKeyId: undefined, user };
  }
}
