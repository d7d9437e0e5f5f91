import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform, type Platform } from '../../helpers/platform.ts';

const JSON_LOGS = { loggingConfig: { logFormat: 'JSON' } };
const HELLO = "exports.handler = async (event) => { console.log('hello'); return event; };";
const MS = String.raw`\d+\.\d\d ms`;
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
const RUNTIME_ARN = String.raw`arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}`;

/** Pattern of a REPORT line; `rest` is what follows the memory. */
function reportOf(requestId: string, rest = ''): RegExp {
  return new RegExp(
    `^REPORT RequestId: ${requestId}\\tDuration: ${MS}\\tBilled Duration: \\d+ ms\\tMemory Size: 128 MB\\tMax Memory Used: [1-9]\\d* MB\\t${rest}$`,
  );
}

/** Invokes and gives the lines of the log tail. */
async function tailOf(platform: Platform, name: string) {
  const { requestId, logTail = '', payload } = await platform.invoke(name, {}, { logTail: true });
  return { requestId, lines: logTail.split('\n'), payload };
}

/** The kept log of a function once it has `count` lines. */
function logOf(platform: Platform, name: string, count: number): Promise<string[]> {
  return eventually(async () => {
    const lines = await platform.logs(name);
    if (lines.length < count) throw new Error(`so far: ${lines.join('\n')}`);
    return lines;
  });
}

function numberIn(line: string | undefined, name: string): number {
  return Number(new RegExp(`\\t${name}: ([\\d.]+) `).exec(line ?? '')?.[1]);
}

describe('text lines', () => {
  it('of the tail frame the output, and only the first report has an init duration', async ({
    expect,
  }) => {
    const platform = await usePlatform({ functions: [aNodeFunction('hello', HELLO)] });

    const cold = await tailOf(platform, 'hello');
    const warm = await tailOf(platform, 'hello');

    for (const { requestId, lines } of [cold, warm]) {
      expect(lines).toHaveLength(5);
      expect(lines[0]).toBe(`START RequestId: ${requestId} Version: $LATEST`);
      expect(lines[1]).toMatch(new RegExp(`^${TIME}\\t${requestId}\\tINFO\\thello$`));
      expect(lines[2]).toBe(`END RequestId: ${requestId}`);
      expect(lines[4]).toBe('');
    }
    expect(cold.lines[3]).toMatch(reportOf(cold.requestId, `Init Duration: ${MS}\\t`));
    expect(warm.lines[3]).toMatch(reportOf(warm.requestId));
  });

  it('of the kept log begin with INIT_START, once', async ({ expect }) => {
    const platform = await usePlatform({ functions: [aNodeFunction('hello', HELLO)] });
    const first = await tailOf(platform, 'hello');
    const second = await tailOf(platform, 'hello');

    const lines = await logOf(platform, 'hello', 9);

    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(
      new RegExp(
        `^INIT_START Runtime Version: nodejs24\\.x\\.mayfly\\tRuntime Version ARN: ${RUNTIME_ARN}$`,
      ),
    );
    expect(lines.slice(1, 5)).toEqual(first.lines.slice(0, 4));
    expect(lines.slice(5)).toEqual(second.lines.slice(0, 4));
  });

  it('bill the duration rounded up to a whole millisecond', async ({ expect }) => {
    const platform = await usePlatform({ functions: [aNodeFunction('hello', HELLO)] });

    for (let call = 0; call < 3; call += 1) {
      const report = (await tailOf(platform, 'hello')).lines[3];
      expect(numberIn(report, 'Billed Duration')).toBe(Math.ceil(numberIn(report, 'Duration')));
    }
  });

  it('tell a timeout, and the next duration has the init that was suppressed', async ({
    expect,
  }) => {
    // Init takes 300 ms, so that a duration that has it in it cannot be mistaken.
    const source = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      exports.handler = async (event) => (event.hang ? new Promise(() => setInterval(() => {}, 1000)) : 'done');`;
    const platform = await usePlatform({
      functions: [aNodeFunction('slow', source, { timeout: 1 })],
    });

    const hung = await platform.invoke('slow', { hang: true }, { logTail: true });
    const after = await tailOf(platform, 'slow');

    const lines = (hung.logTail ?? '').split('\n');
    expect(lines.slice(-4, -2)).toEqual([
      expect.stringMatching(
        new RegExp(`^${TIME} ${hung.requestId} Task timed out after 1\\.00 seconds$`),
      ),
      `END RequestId: ${hung.requestId}`,
    ]);
    expect(lines.at(-2)).toMatch(
      reportOf(hung.requestId, `Init Duration: ${MS}\\tStatus: timeout\\t`),
    );
    expect(numberIn(lines.at(-2), 'Init Duration')).toBeGreaterThanOrEqual(300);
    const report = after.lines.at(-2);
    expect(after.payload).toBe('done');
    expect(report).toMatch(reportOf(after.requestId));
    expect(numberIn(report, 'Duration')).toBeGreaterThanOrEqual(300);
  });

  it('tell the type of a failure of the runtime, not of an error of the handler', async ({
    expect,
  }) => {
    const platform = await usePlatform({
      functions: [
        aNodeFunction('exits', 'exports.handler = async () => process.exit(3);'),
        aNodeFunction('throws', "exports.handler = async () => { throw new Error('no'); };"),
      ],
    });

    const exited = await tailOf(platform, 'exits');
    const thrown = await tailOf(platform, 'throws');

    const init = `Init Duration: ${MS}\\t`;
    expect(exited.lines.at(-2)).toMatch(
      reportOf(exited.requestId, `${init}Status: error\\tError Type: Runtime\\.ExitError\\t`),
    );
    expect(thrown.lines.at(-2)).toMatch(reportOf(thrown.requestId, init));
    const error = thrown.lines.find((line) => line.includes('\tERROR\tInvoke Error'));
    expect(error).toContain('"errorType":"Error","errorMessage":"no"');
  });

  it('report an init that failed', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [aNodeFunction('broken', "throw new TypeError('at load');")],
    });
    await platform.invoke('broken');

    const lines = await eventually(async () => {
      const all = await platform.logs('broken');
      if (all.at(-1)?.startsWith('REPORT ') !== true) throw new Error(all.join('\n'));
      return all;
    });

    expect(lines[0]).toMatch(/^INIT_START Runtime Version: nodejs24\.x\.mayfly\t/);
    for (const phase of ['init', 'invoke']) {
      const report = `^INIT_REPORT Init Duration: ${MS}\\tPhase: ${phase}\\tStatus: error\\tError Type: TypeError$`;
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(report)));
    }
    expect(lines.at(-1)).toMatch(
      reportOf('[0-9a-f-]{36}', 'Status: error\\tError Type: TypeError\\t'),
    );
  });

  it('of a burst all come before END, also when the process exits after them', async ({
    expect,
  }) => {
    const source = `exports.handler = async (event) => {
      for (let i = 0; i < 3000; i += 1) process.stdout.write('line ' + i + '\\n');
      if (event.exit) process.exit(1);
    };`;
    const platform = await usePlatform({ functions: [aNodeFunction('bursts', source)] });

    await platform.invoke('bursts', {});
    await platform.invoke('bursts', { exit: true });

    const lines = await logOf(platform, 'bursts', 6007);
    const [first = 0, second = 0] = lines.flatMap((line, i) =>
      line.startsWith('END ') ? [i] : [],
    );
    const burst = Array.from({ length: 3000 }, (_, i) => `line ${String(i)}`);
    expect(lines.slice(first - 3000, first)).toEqual(burst);
    expect(lines.slice(second - 3000, second)).toEqual(burst);
  });

  it('that are too many leave the last 4 KB in the tail', async ({ expect }) => {
    const source = `exports.handler = async () => { for (let i = 0; i < 500; i += 1) process.stdout.write('line ' + i + ' ä\\n'); };`;
    const platform = await usePlatform({ functions: [aNodeFunction('talks', source)] });

    const { headers, requestId } = await platform.invoke('talks', {}, { logTail: true });

    const bytes = Buffer.from(headers.get('x-amz-log-result') ?? '', 'base64');
    expect(bytes).toHaveLength(4096);
    const lines = bytes.toString().split('\n');
    expect(lines.at(-4)).toBe('line 499 ä');
    expect(lines.at(-2)).toMatch(reportOf(requestId, `Init Duration: ${MS}\\t`));
  });
});

describe('JSON lines', () => {
  it('are one object each', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [aNodeFunction('hello', HELLO, JSON_LOGS)],
    });

    const cold = await tailOf(platform, 'hello');
    const warm = await tailOf(platform, 'hello');

    const [start, line, report] = cold.lines.slice(0, -1).map(parse);
    expect(cold.lines).toHaveLength(4);
    expect(start).toEqual({
      time: expect.stringMatching(`^${TIME}$`),
      type: 'platform.start',
      record: { requestId: cold.requestId, version: '$LATEST' },
    });
    expect(line).toEqual({
      timestamp: expect.stringMatching(`^${TIME}$`),
      level: 'INFO',
      requestId: cold.requestId,
      message: 'hello',
    });
    expect(report).toEqual({
      time: expect.stringMatching(`^${TIME}$`),
      type: 'platform.report',
      record: {
        requestId: cold.requestId,
        metrics: {
          durationMs: expect.any(Number),
          billedDurationMs: expect.any(Number),
          memorySizeMB: 128,
          maxMemoryUsedMB: expect.any(Number),
          initDurationMs: expect.any(Number),
        },
        status: 'success',
      },
    });
    expect(warm.lines.join('\n')).not.toContain('initDurationMs');
  });

  it('begin with platform.initStart and tell a timeout', async ({ expect }) => {
    const platform = await usePlatform({
      functions: [
        aNodeFunction(
          'hangs',
          'exports.handler = () => new Promise(() => setInterval(() => {}, 1000));',
          { ...JSON_LOGS, timeout: 1 },
        ),
      ],
    });
    await platform.invoke('hangs');

    const records = (await logOf(platform, 'hangs', 3)).map(parse);

    expect(records[0]).toEqual({
      time: expect.stringMatching(`^${TIME}$`),
      type: 'platform.initStart',
      record: {
        initializationType: 'on-demand',
        phase: 'init',
        runtimeVersion: 'nodejs24.x.mayfly',
        runtimeVersionArn: expect.stringMatching(`^${RUNTIME_ARN}$`),
        functionName: 'hangs',
        functionVersion: '$LATEST',
      },
    });
    expect(records.at(-1)).toMatchObject({
      type: 'platform.report',
      record: { status: 'timeout', metrics: { billedDurationMs: expect.any(Number) } },
    });
  });
});

function parse(line: string): unknown {
  return JSON.parse(line);
}
