import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A port where nobody answers, not even with a refusal: a lost machine. */
export interface UnansweringPort {
  readonly address: string;
  /** From now on nobody answers. */
  lose(): Promise<void>;
  close(): Promise<void>;
}

/** Listens, and when told so accepts nothing more: once the backlog is full, the kernel drops what comes. */
const SLEEPER = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer((socket) => {
    socket.once('data', () => parentPort.postMessage('asked'));
    socket.on('error', () => undefined);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
  });
  parentPort.once('message', () => {
    parentPort.postMessage('lost');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
const MORE_THAN_THE_BACKLOG = 8;

/** Starts one on a free port; it takes what it is asked, and never answers. `onAsked` is called for it. */
export async function startLosablePort(
  onAsked: () => void = () => undefined,
): Promise<UnansweringPort> {
  const worker = new Worker(SLEEPER, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  worker.on('message', (message) => {
    if (message === 'asked') onAsked();
  });
  const fill: ReturnType<typeof connect>[] = [];
  return {
    address: `127.0.0.1:${port.toString()}`,
    lose: async () => {
      const lost = new Promise<void>((resolve) => {
        worker.on('message', (message) => {
          if (message === 'lost') resolve();
        });
      });
      worker.postMessage('lose');
      await lost;
      for (let n = 0; n < MORE_THAN_THE_BACKLOG; n += 1) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        fill.push(socket);
      }
      const [first] = fill;
      if (first !== undefined) await once(first, 'connect');
    },
    close: async () => {
      for (const socket of fill) socket.destroy();
      await worker.terminate();
    },
  };
}

/** Starts one where nobody has ever answered. */
export async function startUnansweringPort(): Promise<UnansweringPort> {
  const port = await startLosablePort();
  await port.lose();
  return port;
}
