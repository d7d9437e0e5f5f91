import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ANONYMOUS, type Caller } from '../identity/caller.ts';
import type { Authenticator, ConfirmCaller, SigningService } from '../identity/authenticator.ts';
import type { SignedHead } from '../identity/signed-request.ts';
import { bodyOf } from './raw-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What requests of the route are signed for; `itself`: the route asks who it is, if it wants to know. Default: `lambda`. */
    authenticatedFor?: SigningService | 'itself';
  }
}

const confirmations = new WeakMap<FastifyRequest, ConfirmCaller>();
const callers = new WeakMap<FastifyRequest, Caller>();

/**
 * Every request proves who sends it, before its body is read and again when it is there; those of no route too. Without an
 * authenticator nobody is asked.
 */
export function registerIdentity(
  app: FastifyInstance,
  authenticator: Authenticator | undefined,
): void {
  app.addHook('onRequest', async (request) => {
    const { authenticatedFor = 'lambda' } = request.routeOptions.config;
    if (authenticator === undefined) callers.set(request, ANONYMOUS);
    else if (authenticatedFor !== 'itself') {
      const confirm = await authenticator.authenticateHead(toSignedHead(request), authenticatedFor);
      confirmations.set(request, confirm);
    }
  });
  if (authenticator === undefined) return;
  app.addHook('preValidation', (request, _reply, done) => {
    const confirm = confirmations.get(request);
    if (confirm !== undefined) callers.set(request, confirm(bodyOf(request)));
    done();
  });
}

/**
 * Who sends the request.
 * @throws Error where nobody has asked: what needs to know must not go on
 */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('nobody has asked who sends the request');
  return caller;
}

/** The head of a request as it came in: the URL before it was led anywhere, and headers that are hidden from routes. */
export function toSignedHead(request: FastifyRequest): SignedHead {
  const { method, rawHeaders } = request.raw;
  return { method: method ?? request.method, url: request.originalUrl, rawHeaders };
}
