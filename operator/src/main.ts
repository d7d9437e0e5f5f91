import { loadClusterConfig } from './cluster/config.ts';
import { runInCluster } from './cluster/run.ts';

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}

try {
  const operator = await runInCluster(loadClusterConfig(process.env));
  operator.failed.catch(fail);
  let isStopping = false;
  const stop = (): void => {
    // A second signal means now.
    if (isStopping) process.exit(1);
    isStopping = true;
    void operator.close().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  fail(error);
}
