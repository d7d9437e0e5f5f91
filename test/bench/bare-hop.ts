import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { LoadConnection, runLoad } from './http-load.ts';
import { toDistribution, type Distribution } from './quantiles.ts';

const BODY = '{"name":"Ada"}';
const WARM_UP = 2_000;
const REQUESTS = 5_000;

/** The same request to a bare `node:http` server: the unit that all other figures of a run are made of. */
export async function measureBareHop(): Promise<Distribution> {
  const server = fork(path.join(import.meta.dirname, 'bare-server.ts'));
  const [port] = (await once(server, 'message')) as [number];
  const connection = await LoadConnection.open({
    host: '127.0.0.1',
    port,
    path: '/',
    headers: {},
    body: BODY,
  });
  await runLoad([connection], WARM_UP);
  const { latenciesMs } = await runLoad([connection], REQUESTS);
  connection.close();
  const ended = once(server, 'exit');
  server.kill();
  await ended;
  return toDistribution(latenciesMs);
}
