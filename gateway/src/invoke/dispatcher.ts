import {
  AGENT_HEADERS,
  AGENT_PATHS,
  type Clock,
  type GrantedExecutionEnvironment,
} from '@mayfly/core';
import { HEADERS } from '@mayfly/lambda-api';
import { Client, type Dispatcher as Dispatched } from 'undici';
import { CONNECT_OPTIONS } from './connecting.ts';
import { startExchange, type ExchangeOutcome } from './exchange.ts';
import type { Invocation } from './invocation.ts';
import type { LostPeers } from './lost-peers.ts';

/** What the dispatcher needs. */
export interface DispatcherDeps {
  readonly clock: Clock;
  readonly lostPeers: LostPeers;
  /** Largest answer that is taken. */
  readonly maxAnswerBytes: number;
  /** The connection to one that is ours has ended, and not by us. */
  readonly onDisconnected?: (executionEnvironment: GrantedExecutionEnvironment) => void;
}

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
  ): Promise<ExchangeOutcome> {
    const { client, headers } = this.#connectionOf(executionEnvironment);
    const { clock, lostPeers, maxAnswerBytes } = this.#deps;
    const { address } = executionEnvironment;
    const request: Dispatched.DispatchOptions = {
      path: AGENT_PATHS.invocations,
      method: 'POST',
      headers: [...headers, ...toHeaders(invocation)],
      body: invocation.payload,
    };
    const limits = { clock, lostPeers, address, deadlineMs, maxAnswerBytes };
    return startExchange(client, request, limits).outcome;
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
      connect: CONNECT_OPTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // One timer per invocation, ours, instead of undici's.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    client.on('disconnect', () => {
      if (this.#connections.get(executionEnvironmentId)?.client !== client) return;
      this.#deps.onDisconnected?.(executionEnvironment);
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
