import { PassThrough, Writable } from 'node:stream';
import type { LogRecord } from '@mayfly/core';
import { describe, it, vi } from 'vitest';
import { useReadyAgent } from './fixtures/agent-fixture.ts';
import type { HttpAnswer } from './fixtures/agent-fixture.ts';

const TAIL = { headers: { 'x-amz-log-type': 'Tail', 'x-amzn-requestid': 'r-1' } };

function decodeTail(answer: HttpAnswer): string {
  return Buffer.from(String(answer.headers['x-amz-log-result']), 'base64').toString();
}

/** Prints what the event says before it answers. */
const PRINTER = `for (;;) { const i = await next(); const e = JSON.parse(i.body); process.stdout.write(e.out ?? ''); process.stderr.write(e.err ?? ''); await respond(i.id, '1'); }`;

describe('the log', () => {
  it('is one record a line, framed by START, END and REPORT', async ({ expect }) => {
    const { invoke, records } = await useReadyAgent({ script: PRINTER });
    await invoke('{"out":"one\\ntwo\\r\\n","err":"\\u001b[31mthree☂"}', TAIL);
    await invoke('{"err":"\\n"}', TAIL);
    await vi.waitFor(() => {
      expect(records.filter((record) => record.message.startsWith('REPORT'))).toHaveLength(2);
    });
    const first = records.slice(
      1,
      records.findIndex((record) => record.message.startsWith('END')),
    );
    expect(first[0]).toMatchObject({
      functionName: 'hello',
      version: '$LATEST',
      logStreamName: '2026/01/01/[$LATEST]abc',
      requestId: 'r-1',
      source: 'platform',
      message: 'START RequestId: r-1 Version: $LATEST',
    });
    const printed = first.slice(1);
    expect(printed.map(({ message }) => message)).toStrictEqual(['one', 'two']);
    expect(new Set(printed.map(({ source }) => source))).toStrictEqual(new Set(['function']));
    const third = records.find(({ message }) => message.includes('three'));
    expect(third?.message).toBe('\u001b[31mthree☂');
  });

  it('has platform records in JSON when the function wants JSON', async ({ expect }) => {
    const { invoke, messages } = await useReadyAgent({
      script: PRINTER,
      assignment: { logFormat: 'JSON' },
    });
    await invoke('{"out":"{\\"level\\":\\"INFO\\"}\\n"}', TAIL);
    await vi.waitFor(() => {
      expect(messages()).toHaveLength(4);
    });
    const types = messages().map((message) => (JSON.parse(message) as { type?: string }).type);
    expect(types).toStrictEqual([
      'platform.initStart',
      'platform.start',
      undefined,
      'platform.report',
    ]);
  });

  it('keeps apart what is printed outside of invocations', async ({ expect }) => {
    const { records } = await useReadyAgent({ script: `console.log('static'); ${PRINTER}` });
    await vi.waitFor(() => {
      expect(records.map(({ message }) => message)).toContain('static');
    });
    expect(records.find(({ message }) => message === 'static')).not.toHaveProperty('requestId');
  });

  it('gets the last words of a runtime that dies', async ({ expect }) => {
    const { invoke } = await useReadyAgent({
      script: `const i = await next(); process.stderr.write('last words'); process.exit(1);`,
    });
    const answer = await invoke('{}', TAIL);
    expect(decodeTail(answer)).toMatch(/^START [^\n]+\nlast words\nEND RequestId: r-1\nREPORT /);
  });
});

describe('the log tail', () => {
  it('is the log of this invocation', async ({ expect }) => {
    const { invoke } = await useReadyAgent({ script: PRINTER });
    await invoke('{"out":"before\\n"}');
    const answer = await invoke('{"out":"mine\\n"}', TAIL);
    expect(decodeTail(answer)).toMatch(
      /^START RequestId: r-1 Version: \$LATEST\nmine\nEND RequestId: r-1\nREPORT RequestId: r-1\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB\tMax Memory Used: [1-9]\d* MB\t\n$/,
    );
  });

  it('is not sent unasked', async ({ expect }) => {
    const { invoke } = await useReadyAgent({ script: PRINTER });
    const answer = await invoke('{}', { headers: { 'x-amz-log-type': 'None' } });
    expect(answer.headers).not.toHaveProperty('x-amz-log-result');
  });

  it('has at most 4 KB', async ({ expect }) => {
    const { invoke } = await useReadyAgent({ script: PRINTER });
    const answer = await invoke(JSON.stringify({ out: '☂'.repeat(20_000) + '\n' }), TAIL);
    const bytes = Buffer.from(String(answer.headers['x-amz-log-result']), 'base64');
    expect(bytes).toHaveLength(4096);
    expect(bytes.toString()).toMatch(/☂\nEND RequestId: r-1\nREPORT [^\n]+\n$/);
  });
});

describe('a function that floods its log', () => {
  const FLOOD = `for (;;) { const i = await next(); const line = 'x'.repeat(999) + '\\n'; const size = Number(JSON.parse(i.body)) * 1000;
  await new Promise((resolve) => { let n = 0; const push = () => { while (n++ < size) if (!process.stdout.write(line)) return process.stdout.once('drain', push); resolve(); }; push(); }); await respond(i.id, '"done"'); }`;

  it('loses nothing', { timeout: 30_000 }, async ({ expect }) => {
    let bytes = 0;
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, callback): void {
        bytes += chunk.length;
        setImmediate(callback);
      },
    });
    const { invoke } = await useReadyAgent({
      script: FLOOD,
      stdout,
      assignment: { timeoutMs: 25_000 },
    });
    expect((await invoke('20')).text).toBe('"done"');
    await vi.waitFor(() => {
      expect(bytes).toBeGreaterThan(20_000_000);
    });
  });

  it('is stopped by a reader that does not read, and meets its deadline', async ({ expect }) => {
    const stdout = new PassThrough({ highWaterMark: 1024 });
    const { invoke } = await useReadyAgent({
      script: FLOOD,
      stdout,
      assignment: { timeoutMs: 1_000 },
    });
    const answer = await invoke('50');
    expect(answer.text).toContain('Sandbox.Timedout');
    expect(stdout.writableLength).toBeLessThan(4 * 1024 * 1024);
  });

  it('with one endless line gets it cut', async ({ expect }) => {
    const { invoke, records } = await useReadyAgent({ script: PRINTER });
    await invoke(JSON.stringify({ out: 'y'.repeat(600 * 1024) + '\n' }), TAIL);
    await vi.waitFor(() => {
      const pieces = records.filter(isPiece).map(({ message }) => message.length);
      expect(pieces).toStrictEqual([256 * 1024, 256 * 1024, 88 * 1024]);
    });
  });
});

function isPiece(record: LogRecord): boolean {
  return record.source === 'function' && record.message.startsWith('y');
}
