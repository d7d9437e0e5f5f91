import { connect, createServer, type Socket } from 'node:net';

/** A balancer of connections, as a Service is: new ones go to a target that is ready; old ones stay where they are. */
export interface TcpBalancer {
  readonly port: number;
  close(): void;
}

/** Where connections may go. */
export interface BalancerTarget {
  readonly port: number;
  readonly isReady: boolean;
}

/** Starts one on a free port. */
export async function startTcpBalancer(
  targets: () => readonly BalancerTarget[],
): Promise<TcpBalancer> {
  let next = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const ready = targets().filter(({ isReady }) => isReady);
    next += 1;
    const target = ready[next % ready.length];
    if (target === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect({ port: target.port, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
    }
  });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, '127.0.0.1', 1024, () => {
    resolve(undefined);
  });
  await promise;
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
