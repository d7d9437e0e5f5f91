import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A port where nobody answers, not even with a refusal: a lost machine. */
export interface UnansweringPort {
  readonly address: string;
  close(): Promise<void>;
}

/** Listens, and then accepts nothing: once the backlog is full, the kernel drops what comes. */
const SLEEPER = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
const MORE_THAN_THE_BACKLOG = 8;

/** Starts one on a free port. */
export async function startUnansweringPort(): Promise<UnansweringPort> {
  const worker = new Worker(SLEEPER, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fill = Array.from({ length: MORE_THAN_THE_BACKLOG }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    return socket;
  });
  const [first] = fill;
  if (first !== undefined) await once(first, 'connect');
  return {
    address: `127.0.0.1:${port.toString()}`,
    close: async () => {
      for (const socket of fill) socket.destroy();
      await worker.terminate();
    },
  };
}
