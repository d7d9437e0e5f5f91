import type { FastifyReply } from 'fastify';

/** Calls back when the client has gone before it was answered. Returns the way to stop. */
export function onDisconnectOf(reply: FastifyReply): (callback: () => void) => () => void {
  return (callback) => {
    const listener = (): void => {
      if (!reply.raw.writableFinished) callback();
    };
    reply.raw.once('close', listener);
    // It may have gone while its body was read.
    if (reply.raw.destroyed) callback();
    return () => reply.raw.off('close', listener);
  };
}
