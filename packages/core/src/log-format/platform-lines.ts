import { fingerprintRuntime } from './fingerprint-runtime.ts';

/** `Text` frames as tab-separated lines, `JSON` as one object a line. */
export type LogFormat = 'Text' | 'JSON';

/** Whether a phase ran as a phase of its own or inside an invocation (suppressed init). */
export type InitPhase = 'init' | 'invoke';

/** What INIT_START tells. `time` is RFC 3339, here and below. */
export interface InitStartFacts {
  readonly time: string;
  /** Undefined for an image, which has its own. */
  readonly runtime?: string | undefined;
  readonly region: string;
  readonly functionName: string;
  readonly version: string;
  readonly initializationType: string;
  readonly phase: InitPhase;
}

/** What INIT_REPORT tells; it is written only when init went wrong. */
export interface InitReportFacts {
  readonly time: string;
  readonly initializationType: string;
  readonly phase: InitPhase;
  readonly durationMs: number;
  readonly status: 'error' | 'timeout';
  readonly errorType?: string;
}

/** What START tells. */
export interface StartFacts {
  readonly time: string;
  readonly requestId: string;
  readonly version: string;
}

/** What REPORT tells. */
export interface ReportFacts {
  readonly time: string;
  readonly requestId: string;
  readonly durationMs: number;
  readonly memorySizeMb: number;
  readonly maxMemoryUsedMb: number;
  /** Present on the first invocation after an init phase. */
  readonly initDurationMs?: number;
  readonly status: 'success' | 'error' | 'timeout';
  /** Set when the runtime itself failed; text lines tell a status only then. */
  readonly errorType?: string;
}

/** First line of an execution environment's stream. As text it tells the version of the runtime: an image has none. */
export function formatInitStart(format: LogFormat, facts: InitStartFacts): string | undefined {
  const versions = describeRuntimeVersion(facts);
  if (format === 'JSON') {
    return formatJson(facts.time, 'platform.initStart', {
      initializationType: facts.initializationType,
      phase: facts.phase,
      ...versions,
      functionName: facts.functionName,
      functionVersion: facts.version,
    });
  }
  if (versions === undefined) return undefined;
  const { runtimeVersion, runtimeVersionArn } = versions;
  return `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}`;
}

function describeRuntimeVersion({
  runtime,
  region,
}: InitStartFacts):
  { readonly runtimeVersion: string; readonly runtimeVersionArn: string } | undefined {
  if (runtime === undefined) return undefined;
  return {
    runtimeVersion: `${runtime}.mayfly`,
    runtimeVersionArn: `arn:aws:lambda:${region}::runtime:${fingerprintRuntime(runtime)}`,
  };
}

/** Says how an init that did not succeed ended. */
export function formatInitReport(format: LogFormat, facts: InitReportFacts): string {
  if (format === 'JSON') {
    return formatJson(facts.time, 'platform.initReport', {
      initializationType: facts.initializationType,
      phase: facts.phase,
      status: facts.status,
      ...(facts.errorType === undefined ? {} : { errorType: facts.errorType }),
      metrics: { durationMs: roundMs(facts.durationMs) },
    });
  }
  const errorType = facts.errorType === undefined ? '' : `\tError Type: ${facts.errorType}`;
  return `INIT_REPORT Init Duration: ${facts.durationMs.toFixed(2)} ms\tPhase: ${facts.phase}\tStatus: ${facts.status}${errorType}`;
}

/** First line of an invocation. */
export function formatStart(format: LogFormat, facts: StartFacts): string {
  if (format === 'JSON') {
    const { requestId, version } = facts;
    return formatJson(facts.time, 'platform.start', { requestId, version });
  }
  return `START RequestId: ${facts.requestId} Version: ${facts.version}`;
}

/** Line after the function's output. JSON has none: `platform.report` ends the invocation. */
export function formatEnd(format: LogFormat, requestId: string): string | undefined {
  return format === 'JSON' ? undefined : `END RequestId: ${requestId}`;
}

/** Line of an invocation over its deadline. JSON has none: `platform.report` carries the status. */
export function formatTimeout(
  format: LogFormat,
  facts: { readonly time: string; readonly requestId: string; readonly timeoutMs: number },
): string | undefined {
  if (format === 'JSON') return undefined;
  return `${facts.time} ${facts.requestId} ${describeTimeout(facts.timeoutMs)}`;
}

/** Lambda's sentence: `Task timed out after 1.00 seconds`. */
export function describeTimeout(timeoutMs: number): string {
  return `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
}

/** Last line of an invocation. Lambda ends it with a tab. */
export function formatReport(format: LogFormat, facts: ReportFacts): string {
  const billedDurationMs = Math.ceil(facts.durationMs);
  if (format === 'JSON') return formatJsonReport(facts, billedDurationMs);
  const { initDurationMs } = facts;
  const init =
    initDurationMs === undefined ? '' : `Init Duration: ${initDurationMs.toFixed(2)} ms\t`;
  return (
    `REPORT RequestId: ${facts.requestId}\tDuration: ${facts.durationMs.toFixed(2)} ms\t` +
    `Billed Duration: ${String(billedDurationMs)} ms\tMemory Size: ${String(facts.memorySizeMb)} MB\t` +
    `Max Memory Used: ${String(facts.maxMemoryUsedMb)} MB\t${init}${formatTextStatus(facts)}`
  );
}

function formatTextStatus(facts: ReportFacts): string {
  if (facts.status === 'timeout') return 'Status: timeout\t';
  // A handler that threw is the function's affair: only a failed runtime is told here.
  if (facts.status === 'success' || facts.errorType === undefined) return '';
  return `Status: error\tError Type: ${facts.errorType}\t`;
}

function formatJsonReport(facts: ReportFacts, billedDurationMs: number): string {
  return formatJson(facts.time, 'platform.report', {
    requestId: facts.requestId,
    metrics: {
      durationMs: roundMs(facts.durationMs),
      billedDurationMs,
      memorySizeMB: facts.memorySizeMb,
      maxMemoryUsedMB: facts.maxMemoryUsedMb,
      ...(facts.initDurationMs === undefined
        ? {}
        : { initDurationMs: roundMs(facts.initDurationMs) }),
    },
    status: facts.status,
    ...(facts.errorType === undefined ? {} : { errorType: facts.errorType }),
  });
}

function formatJson(time: string, type: string, record: object): string {
  return JSON.stringify({ time, type, record });
}

function roundMs(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
