import { describe, it } from 'vitest';
import { fingerprintRuntime } from './fingerprint-runtime.ts';
import {
  formatEnd,
  formatInitReport,
  formatInitStart,
  formatReport,
  formatStart,
  formatTimeout,
} from './platform-lines.ts';

const TIME = '2026-01-02T03:04:05.678Z';
const INIT_START = {
  time: TIME,
  runtime: 'nodejs24.x',
  region: 'eu-west-1',
  functionName: 'hello',
  version: '$LATEST',
  initializationType: 'on-demand',
  phase: 'init',
} as const;
const REPORT = {
  time: TIME,
  requestId: 'r-1',
  durationMs: 1.234,
  memorySizeMb: 128,
  maxMemoryUsedMb: 66,
  status: 'success',
} as const;

describe('text lines', () => {
  it('frame an invocation as Lambda does', ({ expect }) => {
    const start = formatStart('Text', { time: TIME, requestId: 'r-1', version: '7' });
    expect(start).toBe('START RequestId: r-1 Version: 7');
    expect(formatEnd('Text', 'r-1')).toBe('END RequestId: r-1');
    expect(formatReport('Text', { ...REPORT, initDurationMs: 12.3 })).toBe(
      'REPORT RequestId: r-1\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 66 MB\tInit Duration: 12.30 ms\t',
    );
  });

  it('leave the init duration out of warm reports', ({ expect }) => {
    expect(formatReport('Text', REPORT)).toMatch(/Max Memory Used: 66 MB\t$/);
  });

  it('tell the status of timeouts and of failed runtimes, not of failed handlers', ({ expect }) => {
    expect(formatReport('Text', { ...REPORT, status: 'timeout' })).toMatch(
      /MB\tStatus: timeout\t$/,
    );
    expect(
      formatReport('Text', { ...REPORT, status: 'error', errorType: 'Runtime.ExitError' }),
    ).toMatch(/MB\tStatus: error\tError Type: Runtime.ExitError\t$/);
    expect(formatReport('Text', { ...REPORT, status: 'error' })).toMatch(/66 MB\t$/);
  });

  it('name the runtime at init', ({ expect }) => {
    expect(formatInitStart('Text', INIT_START)).toBe(
      `INIT_START Runtime Version: nodejs24.x.mayfly\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:${fingerprintRuntime('nodejs24.x')}`,
    );
  });

  it('report a failed init', ({ expect }) => {
    const facts = {
      time: TIME,
      initializationType: 'on-demand',
      phase: 'init',
      durationMs: 10_000.123,
    } as const;
    expect(formatInitReport('Text', { ...facts, status: 'timeout' })).toBe(
      'INIT_REPORT Init Duration: 10000.12 ms\tPhase: init\tStatus: timeout',
    );
    expect(formatInitReport('Text', { ...facts, status: 'error', errorType: 'A.B' })).toBe(
      'INIT_REPORT Init Duration: 10000.12 ms\tPhase: init\tStatus: error\tError Type: A.B',
    );
  });

  it('say after how long a task timed out', ({ expect }) => {
    expect(formatTimeout('Text', { time: TIME, requestId: 'r-1', timeoutMs: 1000 })).toBe(
      `${TIME} r-1 Task timed out after 1.00 seconds`,
    );
  });
});

describe('JSON lines', () => {
  it('frame an invocation with platform records', ({ expect }) => {
    const start = formatStart('JSON', { time: TIME, requestId: 'r-1', version: '7' });
    expect(JSON.parse(start)).toStrictEqual({
      time: TIME,
      type: 'platform.start',
      record: { requestId: 'r-1', version: '7' },
    });
    expect(JSON.parse(formatReport('JSON', { ...REPORT, initDurationMs: 12.3456 }))).toStrictEqual({
      time: TIME,
      type: 'platform.report',
      record: {
        requestId: 'r-1',
        metrics: {
          durationMs: 1.234,
          billedDurationMs: 2,
          memorySizeMB: 128,
          maxMemoryUsedMB: 66,
          initDurationMs: 12.346,
        },
        status: 'success',
      },
    });
  });

  it('carry the error type', ({ expect }) => {
    const line = formatReport('JSON', { ...REPORT, status: 'error', errorType: 'Runtime.X' });
    expect(JSON.parse(line)).toMatchObject({ record: { status: 'error', errorType: 'Runtime.X' } });
  });

  it('have no END and no timeout line', ({ expect }) => {
    expect(formatEnd('JSON', 'r-1')).toBeUndefined();
    const timeout = formatTimeout('JSON', { time: TIME, requestId: 'r-1', timeoutMs: 1000 });
    expect(timeout).toBeUndefined();
  });

  it('describe init', ({ expect }) => {
    expect(JSON.parse(formatInitStart('JSON', INIT_START) ?? '')).toMatchObject({
      type: 'platform.initStart',
      record: { runtimeVersion: 'nodejs24.x.mayfly', phase: 'init', functionVersion: '$LATEST' },
    });
    const report = formatInitReport('JSON', {
      time: TIME,
      initializationType: 'on-demand',
      phase: 'invoke',
      durationMs: 5.5,
      status: 'error',
      errorType: 'A.B',
    });
    expect(JSON.parse(report)).toMatchObject({
      type: 'platform.initReport',
      record: { phase: 'invoke', status: 'error', errorType: 'A.B', metrics: { durationMs: 5.5 } },
    });
  });
});

describe('fingerprintRuntime', () => {
  it('is 64 hexadecimal digits that depend on the identifier alone', ({ expect }) => {
    expect(fingerprintRuntime('nodejs24.x')).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprintRuntime('nodejs24.x')).toBe(fingerprintRuntime('nodejs24.x'));
    expect(fingerprintRuntime('nodejs24.x')).not.toBe(fingerprintRuntime('nodejs22.x'));
  });
});
