import { parseConfig, run } from './run.ts';

async function main(): Promise<number> {
  const config = parseConfig(process.env);
  // The function runs as another user: it has to be able to read its code.
  if (config.supervisorDir !== undefined) process.umask(0o022);
  const agent = await run(config, process);
  process.once('SIGTERM', () => void agent.close());
  process.once('SIGINT', () => void agent.close());
  return (await agent.ended) === 'closed' ? 0 : 1;
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
