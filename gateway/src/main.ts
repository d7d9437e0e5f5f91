import { parseClusterConfig } from './cluster/config.ts';
import { runCluster, type ClusterGateway } from './cluster/run-cluster.ts';

const EXIT_FAILURE = 1;
/** A configuration that no restart heals. */
const EXIT_CONFIGURATION = 2;

function startOrExit(): ClusterGateway {
  try {
    return runCluster(parseClusterConfig(process.env));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(EXIT_CONFIGURATION);
  }
}

const gateway = startOrExit();

function exitWith(message: string): (err: unknown) => void {
  return (err) => {
    gateway.logger.fatal({ err }, message);
    process.exit(EXIT_FAILURE);
  };
}

/** The first signal drains, the second ends at once. */
let signals = 0;
async function stop(signal: string): Promise<void> {
  signals += 1;
  gateway.logger.info({ signal }, 'gateway stops');
  await (signals === 1 ? gateway.close() : gateway.destroy());
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    stop(signal).catch(exitWith('gateway could not stop'));
  });
}
gateway.started.catch(exitWith('gateway could not start'));
