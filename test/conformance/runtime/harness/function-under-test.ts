import type { Package, Runtime } from './runtimes.ts';

/** What an invocation gave. */
export interface Answer {
  readonly status: number;
  readonly functionError: string | undefined;
  readonly payload: unknown;
  readonly requestId: string;
  /** Its part of the log, from INIT_START or START to REPORT. */
  readonly logTail: string;
}

/** A function that a test asks for: a package, and what the spec says besides. */
export interface FunctionPlan extends Package {
  readonly runtime: Runtime;
  /** Is told the folder that the files are in. */
  readonly spec?: (folder: string) => Readonly<Record<string, unknown>>;
}

/** A function that can be called. */
export interface FunctionUnderTest {
  readonly name: string;
  invoke(event: unknown): Promise<Answer>;
  /** The lines of its log so far. */
  readLog(): Promise<readonly string[]>;
  /** Ends its execution environment. Fails if that does not log these last words, if any, before it is gone. */
  stop(lastWords?: string): Promise<void>;
}

/** Where functions run. */
export interface Target {
  /** A function that goes with the test. */
  useFunction(plan: FunctionPlan): Promise<FunctionUnderTest>;
  /** One that is made from the same plan in every test, so that it may be shared, and warm. */
  useSharedFunction(plan: FunctionPlan): Promise<FunctionUnderTest>;
}

/** Calls a function by the Invoke API. */
export async function callFunction(
  gatewayUrl: string,
  name: string,
  event: unknown,
): Promise<Answer> {
  const url = `${gatewayUrl}/2015-03-31/functions/${name}/invocations`;
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(event),
    headers: { 'x-amz-log-type': 'Tail' },
  });
  const text = await response.text();
  const logResult = response.headers.get('x-amz-log-result') ?? '';
  return {
    status: response.status,
    functionError: response.headers.get('x-amz-function-error') ?? undefined,
    payload: parse(text),
    requestId: response.headers.get('x-amzn-requestid') ?? '',
    logTail: Buffer.from(logResult, 'base64').toString(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
