import { connect } from 'node:net';
import { CONNECT_TIMEOUT_MS } from './exchange.ts';

/** Why there is no connection to be had at `host:port`; undefined when there is one. */
export function tryToConnect(address: string): Promise<string | undefined> {
  const { hostname, port } = new URL(`http://${address}`);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port), timeout: CONNECT_TIMEOUT_MS });
  const settle = (problem: string | undefined): void => {
    socket.destroy();
    resolve(problem);
  };
  socket.on('connect', () => {
    settle(undefined);
  });
  socket.on('timeout', () => {
    settle('it cannot be connected to in time');
  });
  socket.on('error', (error) => {
    settle(error.message);
  });
  return promise;
}
