import { isLambdaError, LambdaError } from '@mayfly/lambda-api';
import type { FastifyRequest } from 'fastify';
import type { Authenticator, ConfirmCaller } from '../identity/authenticator.ts';
import type { Authorizer, FunctionTarget } from '../identity/authorizer.ts';
import type { ProvenCaller } from '../identity/caller.ts';
import { toSignedHead } from '../plugins/identity.ts';
import { bodyOf } from '../plugins/raw-body.ts';

/** What is needed to know who may call a URL. */
export interface UrlAccessDeps {
  /** Undefined: nobody can prove who they are. */
  readonly authenticator?: Authenticator | undefined;
  readonly authorizer: Authorizer;
}

/** Who may call a URL with the authType AWS_IAM: those who sign their requests, and may. */
export class UrlAccess {
  readonly #deps: UrlAccessDeps;
  readonly #confirmations = new WeakMap<FastifyRequest, ConfirmCaller>();

  constructor(deps: UrlAccessDeps) {
    this.#deps = deps;
  }

  /**
   * Before the body is read.
   * @throws LambdaError for the error handler of URLs
   */
  checkHead(request: FastifyRequest): void {
    const { authenticator } = this.#deps;
    if (authenticator === undefined) throw forbidden();
    try {
      const confirm = authenticator.authenticateSignature(toSignedHead(request));
      this.#confirmations.set(request, confirm);
    } catch (error) {
      throw isLambdaError(error) && error.code === 'MissingAuthenticationTokenException'
        ? forbidden()
        : error;
    }
  }

  /**
   * When the body is there: who calls, if they may.
   * @throws LambdaError for the error handler of URLs
   */
  async check(request: FastifyRequest, resource: FunctionTarget): Promise<ProvenCaller> {
    // It may have been a URL for everybody when the request came.
    const caller = this.#confirmations.get(request)?.(bodyOf(request));
    if (caller === undefined) throw forbidden();
    const action = 'lambda:InvokeFunctionUrl';
    await this.#deps.authorizer.authorize(caller, { action, resource, isUrlCall: true });
    return caller;
  }
}

function forbidden(): LambdaError {
  return new LambdaError('AccessDeniedException', 'Forbidden');
}
