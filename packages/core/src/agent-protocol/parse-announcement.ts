import type { AgentAnnouncement, CodeDurations, InitFailure, InitOutcome } from './messages.ts';

type Fields = Readonly<Partial<Record<string, unknown>>>;

const INIT_OUTCOMES: ReadonlySet<unknown> = new Set(['success', 'error', 'timeout']);
const MAX_TEXT_LENGTH = 1024;

/** Reads what an agent posts; undefined when it is no announcement. Where it comes from is not read. */
export function parseAnnouncement(value: Fields): AgentAnnouncement | undefined {
  const { kind, executionEnvironmentId, port, message } = value;
  if (typeof executionEnvironmentId !== 'string') return undefined;
  if (kind === 'waiting' && typeof port === 'number' && Number.isInteger(port)) {
    return { kind, executionEnvironmentId, port };
  }
  if (kind === 'failed' && typeof message === 'string') {
    return { kind, executionEnvironmentId, message };
  }
  return kind === 'ready' ? parseReady(executionEnvironmentId, value) : undefined;
}

function parseReady(
  executionEnvironmentId: string,
  { initDurationMs, initOutcome, initFailure, codeDurations }: Fields,
): AgentAnnouncement | undefined {
  if (typeof initDurationMs !== 'number' || !INIT_OUTCOMES.has(initOutcome)) return undefined;
  const failure = parseInitFailure(initFailure);
  const durations = parseCodeDurations(codeDurations);
  return {
    kind: 'ready',
    executionEnvironmentId,
    initDurationMs,
    initOutcome: initOutcome as InitOutcome,
    ...(failure && { initFailure: failure }),
    ...(durations && { codeDurations: durations }),
  };
}

function parseCodeDurations(value: unknown): CodeDurations | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { downloadMs, unpackMs } = value as Fields;
  if (typeof downloadMs !== 'number' || typeof unpackMs !== 'number') return undefined;
  return { downloadMs, unpackMs };
}

function parseInitFailure(value: unknown): InitFailure | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { errorType, errorMessage } = value as Fields;
  if (typeof errorType !== 'string' || typeof errorMessage !== 'string') return undefined;
  // It is the function's to say, and goes into an object of the API server.
  return {
    errorType: errorType.slice(0, MAX_TEXT_LENGTH),
    errorMessage: errorMessage.slice(0, MAX_TEXT_LENGTH),
  };
}
