import { parseConfig, run } from './run.ts';

try {
  const agent = await run(parseConfig(process.env), process);
  process.once('SIGTERM', () => void agent.close());
  process.once('SIGINT', () => void agent.close());
  await agent.ended;
  process.exit(0);
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
}
