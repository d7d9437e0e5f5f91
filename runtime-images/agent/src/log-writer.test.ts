import { PassThrough } from 'node:stream';
import { describe, it, vi } from 'vitest';
import { LogWriter } from './log-writer.ts';

const SOURCE = { functionName: 'f', version: '1', logStreamName: 's' };
const RECORD = { time: 't', source: 'function', message: 'x'.repeat(1_200_000) } as const;

function makeProducer(): { pause(): void; resume(): void; readonly calls: string[] } {
  const calls: string[] = [];
  return {
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    calls,
  };
}

describe('LogWriter', () => {
  it('writes JSON whatever is in the message', async ({ expect }) => {
    const output = new PassThrough();
    const writer = new LogWriter(output);
    writer.assign({ ...SOURCE, functionName: '"quoted"' });
    writer.write({ ...RECORD, message: '"\\\n\u2028\ud800' });
    await writer.drain(100);
    const line = String(output.read());
    expect(JSON.parse(line)).toStrictEqual({
      ...SOURCE,
      functionName: '"quoted"',
      time: 't',
      source: 'function',
      message: '"\\\n\u2028\ud800',
    });
  });

  it('pauses its producer while the reader is slow', async ({ expect }) => {
    const output = new PassThrough({ highWaterMark: 1024 });
    const writer = new LogWriter(output);
    const producer = makeProducer();
    writer.assign(SOURCE);
    writer.setProducer(producer);
    writer.write(RECORD);
    writer.write(RECORD);
    expect(producer.calls).toStrictEqual(['pause']);
    output.resume();
    await vi.waitFor(() => {
      expect(producer.calls).toStrictEqual(['pause', 'resume']);
    });
  });

  it('pauses a producer that comes while the reader is slow', ({ expect }) => {
    const writer = new LogWriter(new PassThrough({ highWaterMark: 1024 }));
    writer.assign(SOURCE);
    writer.write(RECORD);
    writer.write(RECORD);
    const producer = makeProducer();
    writer.setProducer(producer);
    expect(producer.calls).toStrictEqual(['pause']);
  });

  it('drops lines when the reader is gone, and holds nobody up', async ({ expect }) => {
    const output = new PassThrough({ highWaterMark: 1024 });
    const writer = new LogWriter(output);
    const producer = makeProducer();
    writer.assign(SOURCE);
    writer.setProducer(producer);
    writer.write(RECORD);
    writer.write(RECORD);
    output.destroy(new Error('EPIPE'));
    await vi.waitFor(() => {
      expect(producer.calls).toStrictEqual(['pause', 'resume']);
    });
    writer.write(RECORD);
    await writer.drain(10_000);
  });

  it('gives up draining after its deadline', async ({ expect }) => {
    const writer = new LogWriter(new PassThrough({ highWaterMark: 1 }));
    writer.assign(SOURCE);
    writer.write(RECORD);
    const startedAtMs = performance.now();
    await writer.drain(20);
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });
});
