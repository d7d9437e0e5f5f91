import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy of one TCP port whose other end a test chooses, as a Service with one endpoint. */
export interface SwitchingProxy {
  readonly port: number;
  /** New connections go there; undefined refuses them. */
  switchTo(port: number | undefined): void;
  /** Ends what is connected. */
  breakConnections(): void;
  /** Passes no byte on, and tells nobody: as a node that was cut off. */
  freeze(): void;
  close(): void;
}

/** Starts a proxy. */
export async function startSwitchingProxy(): Promise<SwitchingProxy> {
  let target: number | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      // As the ends do: what waits for an acknowledgement here is as if the network were slow.
      one.setNoDelay(true);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    switchTo: (port) => {
      target = port;
    },
    breakConnections,
    freeze: () => {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    close: () => {
      breakConnections();
      server.close();
    },
  };
}
