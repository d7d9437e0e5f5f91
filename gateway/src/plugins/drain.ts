import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** The gateway is about to stop. */
    isDraining: () => boolean;
  }
}

/** While the gateway drains, every answer asks its client to come back over a new connection: to another one. */
export function registerDrain(app: FastifyInstance, isDraining: () => boolean): void {
  app.decorate('isDraining', isDraining);
  // Also for what was asked before: its answer is the last chance to say it. See `sendJson` for the others.
  app.addHook('onSend', async (_request, reply) => {
    if (isDraining()) reply.header('connection', 'close');
    await Promise.resolve();
  });
}
