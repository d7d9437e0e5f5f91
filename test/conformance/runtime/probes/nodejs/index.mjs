// Answers what a test asks: the JavaScript one of four that answer alike.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

let count = 0;

process.on('SIGTERM', () => {
  process.stdout.write('stopped by SIGTERM\n');
  process.exit(0);
});

function attempt(action) {
  try {
    return action();
  } catch (error) {
    return String(error);
  }
}

const ANSWERS = {
  variables: () => process.env,
  directory: () => ({ path: process.cwd(), files: readdirSync('.') }),
  read: ({ path }) => attempt(() => readFileSync(path, 'utf8')),
  write: ({ path, text }) =>
    attempt(() => {
      writeFileSync(path, text);
      return 'written';
    }),
  count: () => {
    count += 1;
    return { count, stream: process.env.AWS_LAMBDA_LOG_STREAM_NAME };
  },
  context: (_event, context) => ({
    remainingMs: context.getRemainingTimeInMillis(),
    requestId: context.awsRequestId,
    arn: context.invokedFunctionArn,
  }),
  print: () => {
    process.stdout.write('to stdout\n');
    process.stderr.write('to stderr\n');
    return null;
  },
  fail: () => {
    throw new RangeError('as it was asked to');
  },
  exit: ({ status }) => process.exit(status),
  kill: () => {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  },
  hang: () => {
    for (;;);
  },
};

export const handler = async (event, context) => ANSWERS[event.ask](event, context);
