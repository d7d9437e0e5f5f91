import { eventually } from '@mayfly/testkit';
import { it } from 'vitest';
import { packageOf } from './harness/runtimes.ts';
import { describePromise, useFunctionUnderTest, useProbe } from './harness/use-function.ts';

function linesOf(logTail: string): readonly string[] {
  const lines = logTail.trimEnd().split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith('START ')));
}

describePromise('stdout and stderr', (runtime) => {
  it('are between START and END, a line a record, and in the log', async ({ expect }) => {
    const probe = await useProbe(runtime);
    const { requestId, logTail } = await probe.invoke({ ask: 'print' });
    const lines = linesOf(logTail);
    expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`);
    expect(lines.slice(1, -2).toSorted()).toEqual(['to stderr', 'to stdout']);
    expect(lines.at(-2)).toBe(`END RequestId: ${requestId}`);
    expect(lines.at(-1)).toMatch(new RegExp(`^REPORT RequestId: ${requestId}\\tDuration: `));
    await eventually(async () => {
      const log = (await probe.readLog()).join('\n');
      expect(log).toContain(`START RequestId: ${requestId}`);
      expect(log).toContain('to stderr');
    });
  });
});

describePromise(
  'console methods',
  (runtime) => {
    const source = 'export const handler = async () => { console.log("one\\ntwo"); };';
    const plan = { runtime, ...packageOf(runtime.language, source) };

    it('write time, request id and level into one record', async ({ expect }) => {
      const fn = await useFunctionUnderTest(plan);
      const { requestId, logTail } = await fn.invoke({});
      const record = `^\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z\\t${requestId}\\tINFO\\tone\\rtwo$`;
      expect(linesOf(logTail)).toContainEqual(expect.stringMatching(new RegExp(record)));
    });

    it('write JSON when the function asks for it', async ({ expect }) => {
      const fn = await useFunctionUnderTest({
        ...plan,
        spec: () => ({ loggingConfig: { logFormat: 'JSON' } }),
      });
      const { requestId, logTail } = await fn.invoke({});
      const record = logTail.split('\n').find((line) => line.includes('one\\ntwo'));
      expect(JSON.parse(record ?? 'null')).toMatchObject({
        level: 'INFO',
        requestId,
        message: 'one\ntwo',
      });
    });
  },
  ['nodejs'],
);

describePromise(
  'logging in Python',
  (runtime) => {
    it('has a prefix, and print has none', async ({ expect }) => {
      const source =
        'import logging\ndef lambda_handler(event, context):\n    print("plain")\n    logging.getLogger().warning("logged")\n';
      const fn = await useFunctionUnderTest({ runtime, ...packageOf(runtime.language, source) });
      const { requestId, logTail } = await fn.invoke({});
      const lines = linesOf(logTail);
      expect(lines).toContain('plain');
      const record = `^\\[WARNING\\]\\t[^\\t]+Z\\t${requestId}\\tlogged$`;
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(record)));
    });
  },
  ['python'],
);
