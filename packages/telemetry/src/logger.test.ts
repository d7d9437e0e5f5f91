import { Writable } from 'node:stream';
import { describe, it } from 'vitest';
import { makeLogger } from './logger.ts';

function captureStream(): { stream: Writable; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

describe('makeLogger', () => {
  it('writes one JSON object per line with the level as a word and the time in RFC 3339', ({
    expect,
  }) => {
    const { stream, text } = captureStream();
    const logger = makeLogger({ pretty: false, destination: stream });
    logger.child({ functionName: 'hello' }).info({ requestId: 'r-1' }, 'invocation done');
    expect(JSON.parse(text())).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      functionName: 'hello',
      requestId: 'r-1',
      msg: 'invocation done',
    });
  });

  it('drops lines below its level', ({ expect }) => {
    const { stream, text } = captureStream();
    const logger = makeLogger({ level: 'warn', pretty: false, destination: stream });
    logger.info('quiet');
    logger.warn('loud');
    expect(text()).toContain('loud');
    expect(text()).not.toContain('quiet');
  });

  it('keeps message and cause of an error', ({ expect }) => {
    const { stream, text } = captureStream();
    const logger = makeLogger({ pretty: false, destination: stream });
    const err = new Error('starting the agent', { cause: new Error('ENOENT') });
    logger.error({ err }, 'reconcile failed');
    expect(JSON.parse(text())).toMatchObject({
      err: {
        message: 'starting the agent: ENOENT',
        stack: expect.stringContaining('ENOENT') as string,
      },
    });
  });

  it('writes lines for people when it is told to', ({ expect }) => {
    const { stream, text } = captureStream();
    const logger = makeLogger({ pretty: true, destination: stream });
    logger.warn({ functionName: 'hello' }, 'function failed');
    expect(text()).toMatch(/WARN.*function failed.*"functionName":"hello"/);
  });
});
