import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections that have not said a word yet. */
export interface SilentConnections {
  close(): void;
}

/**
 * Remembers connections that were opened ahead and never used. For Node they are busy, because their first
 * request is still to come: `closeIdleConnections` leaves them, and a server that closes would wait for them.
 */
export function watchSilentConnections(server: Server): SilentConnections {
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', (request) => {
    silent.delete(request.socket);
  });
  return {
    close: () => {
      for (const socket of silent) {
        // One that is in the middle of its first request is not silent.
        if (socket.bytesRead === 0) socket.destroy();
      }
    },
  };
}
