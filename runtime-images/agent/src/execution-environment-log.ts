import { formatEnd, formatInitReport, formatInitStart } from '@mayfly/core';
import { describeTimeout, formatReport, formatStart, formatTimeout } from '@mayfly/core';
import type { Assignment, InitPhase, InitReportFacts, ReportFacts } from '@mayfly/core';
import { LogTail } from './log-tail.ts';
import type { LogWriter } from './log-writer.ts';

/** Frames the log of one execution environment: platform lines around the function's own. */
export class ExecutionEnvironmentLog {
  readonly #writer: LogWriter;
  readonly #assignment: Assignment;
  #requestId: string | undefined;
  #tail: LogTail | undefined;

  constructor(writer: LogWriter, assignment: Assignment) {
    this.#writer = writer;
    this.#assignment = assignment;
    const { functionName, version, logStreamName } = assignment;
    writer.assign({ functionName, version, logStreamName });
  }

  /** A line that the function wrote. */
  writeFunctionLine(line: string): void {
    this.#write('function', line);
  }

  /** First line of an init. */
  writeInitStart(phase: InitPhase): void {
    const { runtime, region, functionName, version, initializationType } = this.#assignment;
    const facts = { runtime, region, functionName, version, initializationType, phase };
    this.#writePlatformLine(
      formatInitStart(this.#assignment.logFormat, { ...facts, time: isoTime() }),
    );
  }

  /** Last line of an init that went wrong. */
  writeInitReport(facts: Omit<InitReportFacts, 'time' | 'initializationType'>): void {
    const { initializationType, logFormat } = this.#assignment;
    this.#writePlatformLine(
      formatInitReport(logFormat, { ...facts, initializationType, time: isoTime() }),
    );
  }

  /** Opens an invocation: START. */
  begin(requestId: string, wantsTail: boolean): void {
    this.#requestId = requestId;
    this.#tail = wantsTail ? new LogTail() : undefined;
    const { logFormat, version } = this.#assignment;
    this.#writePlatformLine(formatStart(logFormat, { time: isoTime(), requestId, version }));
  }

  /** Closes an invocation: END and REPORT. Returns its tail when that was asked for. */
  end(facts: Omit<ReportFacts, 'time' | 'memorySizeMb'>): string | undefined {
    const { logFormat, memorySizeMb, timeoutMs } = this.#assignment;
    const time = isoTime();
    const { requestId } = facts;
    if (facts.status === 'timeout') {
      this.#writePlatformLine(formatTimeout(logFormat, { time, requestId, timeoutMs }));
    }
    this.#writePlatformLine(formatEnd(logFormat, requestId));
    this.#writePlatformLine(formatReport(logFormat, { ...facts, time, memorySizeMb }));
    const tail = this.#tail?.toBase64();
    this.#requestId = undefined;
    this.#tail = undefined;
    return tail;
  }

  /** Lambda's sentence for the configured timeout. */
  describeTimeout(): string {
    return describeTimeout(this.#assignment.timeoutMs);
  }

  #writePlatformLine(line: string | undefined): void {
    if (line !== undefined) this.#write('platform', line);
  }

  #write(source: 'platform' | 'function', message: string): void {
    this.#tail?.push(message);
    const record = { time: isoTime(), source, message };
    const requestId = this.#requestId;
    this.#writer.write(requestId === undefined ? record : { ...record, requestId });
  }
}

let lastMs = 0;
let lastText = '';

// Formatting a time costs more than the rest of a line, and most lines share their millisecond.
function isoTime(): string {
  const nowMs = Date.now();
  if (nowMs === lastMs) return lastText;
  lastMs = nowMs;
  lastText = new Date(nowMs).toISOString();
  return lastText;
}
