import { connect } from 'node:net';
import { CONNECT_TIMEOUT_MS, isSilence } from './connecting.ts';

/** Why there is no connection. `isSilent`: nobody was there, not even to refuse it. */
export interface ConnectProblem {
  readonly message: string;
  readonly isSilent: boolean;
}

/** Why there is no connection to be had at `host:port`; undefined when there is one. */
export function tryToConnect(address: string): Promise<ConnectProblem | undefined> {
  const { hostname, port } = new URL(`http://${address}`);
  const { promise, resolve } = Promise.withResolvers<ConnectProblem | undefined>();
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port), timeout: CONNECT_TIMEOUT_MS });
  const settle = (problem: ConnectProblem | undefined): void => {
    socket.destroy();
    resolve(problem);
  };
  socket.on('connect', () => {
    settle(undefined);
  });
  socket.on('timeout', () => {
    settle({ message: 'it cannot be connected to in time', isSilent: true });
  });
  socket.on('error', (error) => {
    settle({ message: error.message, isSilent: isSilence(error) });
  });
  return promise;
}
