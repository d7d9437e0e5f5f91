import { PassThrough } from 'node:stream';
import { describe, it } from 'vitest';
import { ExecutionEnvironment } from './execution-environment.ts';
import { LogWriter } from './log-writer.ts';

describe('an execution environment', () => {
  it('that ends before it could be assigned does not wait for a function', async ({ expect }) => {
    const executionEnvironment = new ExecutionEnvironment({
      executionEnvironmentId: 'ee-1',
      maxResponseBytes: 1,
      shutdownTimeoutMs: 0,
      logWriter: new LogWriter(new PassThrough()),
      announce: () => Promise.resolve(),
      startRuntime: () => {
        throw new Error('nothing is to be started');
      },
      prepare: () => undefined,
      onBroken: () => undefined,
      runtimeApi: () => '',
      dropRuntimeConnections: () => undefined,
    });
    await executionEnvironment.close({ abandonInvocation: false });
    expect(executionEnvironment.open()).toBe(false);
    expect(executionEnvironment.status.state).toBe('terminating');
  });
});
