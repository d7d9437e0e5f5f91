import { request as openRequest, type IncomingMessage } from 'node:http';
import { CliError, EXIT_CODES } from '../exit-codes.ts';

/** One HTTP call of a command. */
export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Deadline of the whole answer, or of its headers when `isStreamed`. */
  readonly timeoutMs: number;
  /** The answer's body has no end in sight. */
  readonly isStreamed?: boolean;
}

/**
 * Sends one call and resolves with the headers of its answer. `node:http` and not `fetch`: fetch gives up
 * after 300 s without a byte, less than a function may run or a followed log may be silent.
 * @throws CliError when nobody listens or the deadline passes
 */
export async function openHttpCall(call: HttpCall): Promise<IncomingMessage> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort();
  }, call.timeoutMs);
  timer.unref();
  try {
    const answer = await send(call, deadline.signal);
    const stopTimer = (): void => {
      clearTimeout(timer);
    };
    if (call.isStreamed === true) stopTimer();
    else answer.once('close', stopTimer);
    return answer;
  } catch (error) {
    clearTimeout(timer);
    throw toCliError(error, call, deadline.signal.aborted);
  }
}

/** An answer that has arrived. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * Sends one call and waits for all of its answer.
 * @throws CliError when nobody listens, the connection breaks or the deadline passes
 */
export async function makeHttpCall(call: HttpCall): Promise<HttpAnswer> {
  const answer = await openHttpCall(call);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  } catch (error) {
    throw toCliError(error, call, (error as Error).name === 'AbortError');
  }
  return {
    statusCode: answer.statusCode ?? 0,
    headers: answer.headers,
    body: Buffer.concat(chunks),
  };
}

function send(call: HttpCall, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, headers = {}, body } = call;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    // One connection per call: a command makes few, and none may keep the process alive.
    const options = { method, headers: { ...headers, ...length }, agent: false, signal };
    const request = openRequest(call.url, options, resolve);
    request.once('error', reject);
    request.end(body);
  });
}

function toCliError(error: unknown, call: HttpCall, isTimeout: boolean): CliError {
  const { host } = new URL(call.url);
  if (isTimeout) {
    const seconds = (call.timeoutMs / 1000).toString();
    return new CliError(
      EXIT_CODES.platformFault,
      `mayfly at ${host} did not answer within ${seconds} s`,
      { cause: error },
    );
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') {
    return new CliError(
      EXIT_CODES.notRunning,
      `mayfly is not running (nothing listens on ${host}); start it with \`mayfly start\``,
      { cause: error },
    );
  }
  return new CliError(
    EXIT_CODES.platformFault,
    `the connection to mayfly at ${host} broke: ${(error as Error).message}`,
    { cause: error },
  );
}
