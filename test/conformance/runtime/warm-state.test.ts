import { describe, it } from 'vitest';
import { bash, nodejs, python, usePlatformWith } from './functions.ts';

const FUNCTIONS = [
  nodejs(
    'warm-nodejs',
    'let count = 0;\nexport const handler = async (event, context) => ({ count: ++count, stream: context.logStreamName });',
  ),
  python(
    'warm-python',
    'count = 0\ndef lambda_handler(event, context):\n    global count\n    count += 1\n    return {"count": count, "stream": context.log_stream_name}\n',
  ),
  bash(
    'warm-bash',
    String.raw`
  COUNT=$((${'$'}{COUNT:-0} + 1))
  printf '{"count":%s,"stream":"%s"}' "$COUNT" "$AWS_LAMBDA_LOG_STREAM_NAME"`,
  ),
];

interface Answer {
  readonly count: number;
  readonly stream: string;
}

describe.for(['warm-nodejs', 'warm-python', 'warm-bash'])('%s', (name) => {
  it('keeps its state from one invocation to the next in one execution environment', async ({
    expect,
  }) => {
    const platform = await usePlatformWith(FUNCTIONS, name);
    const answers: Answer[] = [];
    for (let call = 0; call < 3; call += 1) {
      answers.push((await platform.invoke(name, {})).payload as Answer);
    }
    expect(answers.map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(new Set(answers.map(({ stream }) => stream)).size).toBe(1);
  });

  it('logs its init on the first invocation only', async ({ expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, name);
    const first = await platform.invoke(name, {}, { logTail: true });
    const again = await platform.invoke(name, {}, { logTail: true });
    expect(`${first.logTail ?? ''}${again.logTail ?? ''}`).toContain('REPORT RequestId: ');
    expect(again.logTail).not.toContain('Init Duration');
  });
});
