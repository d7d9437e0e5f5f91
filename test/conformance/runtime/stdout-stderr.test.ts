import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { Platform } from '../../helpers/platform.ts';
import { bash, nodejs, python, usePlatformWith } from './functions.ts';

const FUNCTIONS = [
  nodejs(
    'output-nodejs',
    'export const handler = async () => { console.log("one\\ntwo"); process.stderr.write("to stderr\\n"); };',
  ),
  nodejs('output-nodejs-json', 'export const handler = async () => { console.warn({ a: 1 }); };', {
    loggingConfig: { logFormat: 'JSON' },
  }),
  python(
    'output-python',
    'import logging, sys\ndef lambda_handler(event, context):\n    print("plain")\n    logging.getLogger().warning("logged")\n    print("to stderr", file=sys.stderr)\n',
  ),
  bash('output-bash', "echo 'to stderr' >&2; echo null"),
];

/** The lines that an invocation logged, from START to REPORT. */
async function linesOf(
  name: string,
): Promise<{ platform: Platform; requestId: string; lines: string[] }> {
  const platform = await usePlatformWith(FUNCTIONS, name);
  const { logTail = '', requestId } = await platform.invoke(name, {}, { logTail: true });
  const lines = logTail.trimEnd().split('\n');
  return {
    platform,
    requestId,
    lines: lines.slice(lines.findIndex((line) => line.startsWith('START '))),
  };
}

describe('output of a function', () => {
  it.for(['output-nodejs', 'output-python', 'output-bash'])(
    'of %s is between START and END',
    async (name, { expect }) => {
      const { requestId, lines } = await linesOf(name);
      expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`);
      expect(lines.slice(1, -2)).toContain('to stderr');
      expect(lines.at(-2)).toBe(`END RequestId: ${requestId}`);
      expect(lines.at(-1)).toMatch(new RegExp(`^REPORT RequestId: ${requestId}\\tDuration: `));
    },
  );

  it('of console methods carries time, request id and level in one record', async ({ expect }) => {
    const { requestId, lines } = await linesOf('output-nodejs');
    const pattern = new RegExp(
      `^\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z\\t${requestId}\\tINFO\\tone\\rtwo$`,
    );
    expect(lines).toContainEqual(expect.stringMatching(pattern));
  });

  it('of Python is plain for print and prefixed for logging', async ({ expect }) => {
    const { requestId, lines } = await linesOf('output-python');
    expect(lines).toContain('plain');
    expect(lines).toContainEqual(
      expect.stringMatching(new RegExp(`^\\[WARNING\\]\\t[^\\t]+Z\\t${requestId}\\tlogged$`)),
    );
  });

  it('of console methods is JSON when the function asks for it', async ({ expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, 'output-nodejs-json');
    const { requestId, logTail = '' } = await platform.invoke(
      'output-nodejs-json',
      {},
      { logTail: true },
    );
    const line = logTail.split('\n').find((candidate) => candidate.includes('WARN'));
    expect(JSON.parse(line ?? 'null')).toMatchObject({
      level: 'WARN',
      requestId,
      message: { a: 1 },
    });
  });

  it('is in the log of the function', async ({ expect }) => {
    const { platform, requestId } = await linesOf('output-bash');
    await eventually(async () => {
      const log = (await platform.logs('output-bash')).join('\n');
      expect(log).toContain(`START RequestId: ${requestId}`);
      expect(log).toContain('to stderr');
    });
  });
});
