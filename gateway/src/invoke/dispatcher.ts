import type { IncomingHttpHeaders } from 'node:http';
import {
  AGENT_HEADERS,
  AGENT_PATHS,
  type Clock,
  type GrantedExecutionEnvironment,
} from '@mayfly/core';
import { HEADERS } from '@mayfly/lambda-api';
import { Client, type Dispatcher as Undici } from 'undici';
import type { Invocation } from './invocation.ts';

/** What an execution environment answered. */
export interface AgentAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How giving an invocation to an execution environment ended. */
export type DispatchOutcome =
  | { readonly kind: 'answered'; readonly answer: AgentAnswer }
  /** It has not seen the invocation: another one may have it. */
  | { readonly kind: 'not-processed'; readonly message: string }
  /** It may have run the invocation, or a part of it: nobody else may. */
  | { readonly kind: 'broken'; readonly message: string };

/** What the dispatcher needs. */
export interface DispatcherDeps {
  readonly clock: Clock;
  /** Largest answer that is taken. */
  readonly maxAnswerBytes: number;
}

const CONNECT_TIMEOUT_MS = 2000;
const KEEP_ALIVE_MS = 24 * 60 * 60 * 1000;

interface Connection {
  readonly client: Client;
  /** Sent with every request. */
  readonly headers: readonly string[];
}

/** One kept-alive connection to each execution environment; one request at a time on each. */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #connections = new Map<string, Connection>();

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  /** Sends the invocation and waits for the whole answer, `deadlineMs` from now at the longest. */
  dispatch(
    executionEnvironment: GrantedExecutionEnvironment,
    invocation: Invocation,
    deadlineMs: number,
  ): Promise<DispatchOutcome> {
    const { client, headers } = this.#connectionOf(executionEnvironment);
    const { promise, resolve } = Promise.withResolvers<DispatchOutcome>();
    const handler = new AnswerHandler(resolve, this.#deps.maxAnswerBytes);
    const timer = this.#deps.clock.after(deadlineMs, () => {
      handler.abort(new Error(`no answer within ${deadlineMs.toString()} ms`));
    });
    handler.onSettled = () => {
      timer.cancel();
    };
    client.dispatch(
      {
        path: AGENT_PATHS.invocations,
        method: 'POST',
        headers: [...headers, ...toHeaders(invocation)],
        body: invocation.payload,
      },
      handler,
    );
    return promise;
  }

  /** Closes the connection to one that is no longer ours; an invocation on it is broken. */
  forget(executionEnvironmentId: string): void {
    const connection = this.#connections.get(executionEnvironmentId);
    if (connection === undefined) return;
    this.#connections.delete(executionEnvironmentId);
    void connection.client.destroy(new Error('the execution environment is gone'));
  }

  /** Closes every connection; what runs on them is broken. */
  async destroy(): Promise<void> {
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    const reason = new Error('the gateway stops');
    await Promise.all(connections.map(({ client }) => client.destroy(reason)));
  }

  #connectionOf(executionEnvironment: GrantedExecutionEnvironment): Connection {
    const { executionEnvironmentId, address, token } = executionEnvironment;
    const known = this.#connections.get(executionEnvironmentId);
    if (known !== undefined) return known;
    const client = new Client(`http://${address}`, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // One timer per invocation, ours, instead of undici's.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const headers = ['authorization', `Bearer ${token}`, 'content-type', 'application/json'];
    const made = { client, headers };
    this.#connections.set(executionEnvironmentId, made);
    return made;
  }
}

function toHeaders(invocation: Invocation): string[] {
  const headers = [
    HEADERS.requestId,
    invocation.requestId,
    HEADERS.traceId,
    invocation.traceId,
    AGENT_HEADERS.invokedFunctionArn,
    invocation.target.invokedFunctionArn,
  ];
  if (invocation.clientContext !== undefined) {
    headers.push(HEADERS.clientContext, invocation.clientContext);
  }
  if (invocation.wantsLogTail) headers.push(HEADERS.logType, 'Tail');
  return headers;
}

class AnswerHandler implements Undici.DispatchHandler {
  readonly #resolve: (outcome: DispatchOutcome) => void;
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #controller: Undici.DispatchController | undefined;
  #abortReason: Error | undefined;
  #bytes = 0;
  #statusCode = 0;
  #headers: IncomingHttpHeaders = {};
  onSettled: (() => void) | undefined;

  constructor(resolve: (outcome: DispatchOutcome) => void, maxBytes: number) {
    this.#resolve = resolve;
    this.#maxBytes = maxBytes;
  }

  abort(reason: Error): void {
    this.#abortReason = reason;
    if (this.#controller === undefined) {
      // Still connecting: nothing has been written.
      this.#settle({ kind: 'not-processed', message: reason.message });
    } else {
      this.#controller.abort(reason);
    }
  }

  /** Called when the request is about to be written: from here on it may be processed. */
  onRequestStart(controller: Undici.DispatchController): void {
    if (this.#abortReason !== undefined) controller.abort(this.#abortReason);
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Undici.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#statusCode = statusCode;
    this.#headers = headers;
  }

  onResponseData(controller: Undici.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) controller.abort(new Error('the answer is too large'));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body =
      this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    const answer = { statusCode: this.#statusCode, headers: this.#headers, body };
    this.#settle({ kind: 'answered', answer });
  }

  onResponseError(_controller: Undici.DispatchController, error: Error): void {
    const kind = this.#controller === undefined ? 'not-processed' : 'broken';
    this.#settle({ kind, message: error.message });
  }

  #settle(outcome: DispatchOutcome): void {
    this.onSettled?.();
    this.#resolve(outcome);
  }
}
