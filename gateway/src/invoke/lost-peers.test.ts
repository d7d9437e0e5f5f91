import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { eventually, FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { startUnansweringPort } from '../testing/unanswering-port.ts';
import { CONNECT_TIMEOUT_MS } from './connecting.ts';
import { LostPeers } from './lost-peers.ts';

/** Counts who looks. */
async function useListener(): Promise<{
  address: string;
  looks: () => number;
  stop(): Promise<void>;
}> {
  let looks = 0;
  const server = createServer((socket) => {
    looks += 1;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (server.listening) server.close();
    await Promise.resolve();
  };
  onTestFinished(stop);
  return { address: `127.0.0.1:${port.toString()}`, looks: () => looks, stop };
}

/** A connection that was begun later has ended: so has every look. */
async function haveLooked(address: string): Promise<void> {
  const { port } = new URL(`http://${address}`);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
}

function usePeers(): { clock: FakeClock; peers: LostPeers } {
  const clock = new FakeClock();
  const peers = new LostPeers(clock);
  onTestFinished(() => {
    peers.close();
  });
  return { clock, peers };
}

describe('LostPeers', () => {
  it('looks for nobody who answers within a second', async ({ expect }) => {
    const { clock, peers } = usePeers();
    const listener = await useListener();
    const forget = peers.watch(listener.address, () => undefined);
    forget();
    clock.step(10_000);
    const other = await useListener();
    peers.watch(other.address, () => undefined);
    clock.step(1000);
    await eventually(() => expect(other.looks()).toBe(1));
    expect(listener.looks()).toBe(0);
  });

  it('looks ever more seldom, and once for all that wait for the same one', async ({ expect }) => {
    const { clock, peers } = usePeers();
    const { address, looks } = await useListener();
    const lost: string[] = [];
    for (let n = 0; n < 50; n += 1) peers.watch(address, (problem) => lost.push(problem));
    const seen: number[] = [];
    for (let second = 1; second <= 15; second += 1) {
      const before = looks();
      clock.step(1000);
      await haveLooked(address);
      if (looks() > before + 1) seen.push(second);
    }
    expect(seen).toEqual([1, 3, 7, 15]);
    expect([looks(), lost]).toEqual([4 + 15, []]);
  });

  it('leaves alone what refuses connections: it stops, and answers what it runs', async ({
    expect,
  }) => {
    const { clock, peers } = usePeers();
    const { address, stop } = await useListener();
    await stop();
    const lost: string[] = [];
    peers.watch(address, (problem) => lost.push(problem));
    for (let second = 0; second < 10; second += 1) {
      clock.step(1000);
      await haveLooked(address);
    }
    expect(lost).toEqual([]);
  });

  it('tells once, and only after two looks, that nobody is there', async ({ expect }) => {
    const { clock, peers } = usePeers();
    const silent = await startUnansweringPort();
    onTestFinished(() => silent.close());
    const lost: string[] = [];
    peers.watch(silent.address, (problem) => lost.push(problem));
    const startMs = performance.now();
    await eventually(
      () => {
        clock.step(1000);
        expect(lost).toEqual(['it cannot be connected to in time']);
      },
      { timeoutMs: 10_000 },
    );
    expect(performance.now() - startMs).toBeGreaterThan(2 * CONNECT_TIMEOUT_MS - 500);
    clock.step(60_000);
    expect(lost).toHaveLength(1);
  });
});
