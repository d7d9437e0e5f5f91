import { RUNTIME_API_HEADERS } from '@mayfly/lambda-api';
import type { BootstrapConfig } from './config.ts';
import type { LoadedHandler } from './handler-loader.ts';
import type { RuntimeApiResponse } from './http-response-reader.ts';
import { BufferedResponseStream } from './response-stream.ts';
import type { PostedBody } from './runtime-api-client.ts';
import { RuntimeError } from './runtime-errors.ts';

/** How a handler ended. */
export type HandlerOutcome =
  | { readonly kind: 'answered'; readonly body: PostedBody }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One invocation as the Runtime API gave it. */
export interface Invocation {
  readonly requestId: string;
  readonly traceId: string | undefined;
  readonly deadlineMs: number;
  readonly invokedFunctionArn: string;
  readonly clientContext: string | undefined;
  readonly cognitoIdentity: string | undefined;
  readonly body: Buffer;
}

/** Called when nothing is left to do while a handler runs; replaced as the invocation goes on. */
export interface EmptyLoopHook {
  onEmptyLoop: (() => void) | undefined;
}

/** @throws Error when the answer is not an invocation */
export function parseInvocation(response: RuntimeApiResponse): Invocation {
  const { statusCode, headers, body } = response;
  const requestId = headers.get(RUNTIME_API_HEADERS.requestId);
  if (statusCode !== 200 || requestId === undefined) {
    throw new Error(
      `the Runtime API gave no invocation but status ${statusCode.toString()}: ${body.toString('utf8', 0, 200)}`,
    );
  }
  return {
    requestId,
    traceId: headers.get(RUNTIME_API_HEADERS.traceId),
    deadlineMs: Number(headers.get(RUNTIME_API_HEADERS.deadlineMs)),
    invokedFunctionArn: headers.get(RUNTIME_API_HEADERS.invokedFunctionArn) ?? '',
    clientContext: headers.get(RUNTIME_API_HEADERS.clientContext),
    cognitoIdentity: headers.get(RUNTIME_API_HEADERS.cognitoIdentity),
    body,
  };
}

/** Calls the handler and waits for its end, whichever way it reports it. Never rejects. */
export function runHandler(
  handler: LoadedHandler,
  invocation: Invocation,
  deps: { readonly config: BootstrapConfig; readonly hook: EmptyLoopHook },
): Promise<HandlerOutcome> {
  return new Promise((resolve) => {
    const completion = new Completion(resolve, deps.hook);
    try {
      const event: unknown = JSON.parse(invocation.body.toString('utf8'));
      const context = makeContext(invocation, deps.config, completion);
      if (handler.isStreaming) callStreaming(handler, { event, context, completion });
      else callBuffered(handler, { event, context, completion });
    } catch (error) {
      completion.fail(error);
    }
  });
}

interface Call {
  readonly event: unknown;
  readonly context: Record<string, unknown>;
  readonly completion: Completion;
}

function callBuffered(handler: LoadedHandler, { event, context, completion }: Call): void {
  // differs from Lambda: nodejs24.x refuses handlers with a callback at init; here they keep working.
  const callback = (error?: unknown, result?: unknown): void => {
    if (error !== undefined && error !== null) completion.fail(error);
    else if (context['callbackWaitsForEmptyEventLoop'] === false) completion.succeed(result);
    else completion.succeedWhenIdle(result);
  };
  completion.whenIdle(() => {
    completion.succeed(null);
  });
  const { handle } = handler;
  const returned = handle(event, context, callback);
  if (!isThenable(returned)) return;
  completion.whenIdle(() => {
    completion.fail(neverSettled());
  });
  returned.then(
    (result) => {
      completion.succeed(result);
    },
    (error: unknown) => {
      completion.fail(error);
    },
  );
}

function callStreaming(handler: LoadedHandler, { event, context, completion }: Call): void {
  const stream = new BufferedResponseStream();
  const hasEnded = new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve);
    stream.once('error', reject);
  });
  completion.whenIdle(() => {
    completion.fail(new Error('Response stream is not finished.'));
  });
  const { handle } = handler;
  const returned = handle(event, stream, context);
  if (!isThenable(returned)) throw new Error('Streaming does not support non-async handlers.');
  Promise.all([returned, hasEnded]).then(
    () => {
      completion.answer({ content: stream.content(), contentType: stream.contentType });
    },
    (error: unknown) => {
      completion.fail(error);
    },
  );
}

/** The end of one invocation: only the first one counts. */
class Completion {
  #isDone = false;
  readonly #resolve: (outcome: HandlerOutcome) => void;
  readonly #hook: EmptyLoopHook;

  constructor(resolve: (outcome: HandlerOutcome) => void, hook: EmptyLoopHook) {
    this.#resolve = resolve;
    this.#hook = hook;
  }

  whenIdle(listener: () => void): void {
    if (!this.#isDone) this.#hook.onEmptyLoop = listener;
  }

  succeed(result: unknown): void {
    if (this.#isDone) return;
    const content = stringify(result);
    if (content === undefined) {
      const message = 'Unable to stringify response body';
      this.fail(new RuntimeError('Runtime.JSONStringifyError', message));
    } else {
      this.answer({ content, contentType: 'application/json' });
    }
  }

  /** The first result given to a callback counts, but it is sent when the function has nothing left to do. */
  succeedWhenIdle(result: unknown): void {
    if (this.#isDone || this.#isWaiting) return;
    this.#isWaiting = true;
    this.#hook.onEmptyLoop = () => {
      this.succeed(result);
    };
  }
  #isWaiting = false;

  answer(body: PostedBody): void {
    this.#end({ kind: 'answered', body });
  }

  fail(error: unknown): void {
    this.#end({ kind: 'failed', error });
  }

  #end(outcome: HandlerOutcome): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#hook.onEmptyLoop = undefined;
    this.#resolve(outcome);
  }
}

function makeContext(
  invocation: Invocation,
  config: BootstrapConfig,
  completion: Completion,
): Record<string, unknown> {
  const done = (error?: unknown, result?: unknown): void => {
    if (error !== undefined && error !== null) completion.fail(error);
    else completion.succeed(result);
  };
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: config.functionVersion,
    functionName: config.functionName,
    memoryLimitInMB: config.memoryLimitInMb,
    logGroupName: config.logGroupName,
    logStreamName: config.logStreamName,
    clientContext: parseHeaderJson(invocation.clientContext),
    identity: parseHeaderJson(invocation.cognitoIdentity),
    invokedFunctionArn: invocation.invokedFunctionArn,
    awsRequestId: invocation.requestId,
    getRemainingTimeInMillis: (): number => invocation.deadlineMs - Date.now(),
    done,
    succeed: (result?: unknown): void => {
      completion.succeed(result);
    },
    fail: (error?: unknown): void => {
      completion.fail(error ?? 'handled');
    },
  };
}

function parseHeaderJson(value: string | undefined): unknown {
  return value === undefined || value === '' ? undefined : (JSON.parse(value) as unknown);
}

/** The JSON text; undefined when there is none (a cycle, a BigInt). */
function stringify(result: unknown): string | undefined {
  try {
    // A function has no JSON text, which the types do not know.
    const text = JSON.stringify(result) as string | undefined;
    return text ?? 'null';
  } catch {
    return undefined;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}

function neverSettled(): RuntimeError {
  return new RuntimeError(
    'Runtime.NodeJsExit',
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  );
}
