import type { Clock, GatewayMember } from '@mayfly/core';
import { LambdaError, LIMITS } from '@mayfly/lambda-api';
import type { Logger } from '@mayfly/telemetry';
import { Pool } from 'undici';
import { CONNECT_OPTIONS } from '../invoke/connecting.ts';
import { startExchange, type ExchangeOutcome } from '../invoke/exchange.ts';
import {
  computeDispatchDeadlineMs,
  type Invocation,
  type InvocationOutcome,
} from '../invoke/invocation.ts';
import type { LostPeers } from '../invoke/lost-peers.ts';
import type { ForwardOutcomeLabel, GatewayMetrics } from '../metrics.ts';
import type { Sighting } from '../functions/sightings.ts';
import { INTERNAL_SIGHTINGS_PATH, toQuestion } from './sighting-protocol.ts';
import {
  fromOutcomeMessage,
  INTERNAL_INVOCATIONS_PATH,
  toForwardHeaders,
  type ForwardTerms,
} from './protocol.ts';

/** What forwarding needs. */
export interface ForwarderDeps {
  readonly clock: Clock;
  readonly lostPeers: LostPeers;
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
  /** The token that gateways know each other by; asked for every time, it may change. */
  readonly token: () => string | undefined;
}

/** How giving an invocation to another gateway ended. */
export type ForwardResult =
  | { readonly kind: 'done'; readonly outcome: InvocationOutcome }
  /** Not sent, or the gateway says that nobody has seen it: the next gateway may have it. */
  | { readonly kind: 'not-taken' };

interface Judgement {
  readonly label: ForwardOutcomeLabel;
  readonly result: ForwardResult;
}

/** The home gives an invocation up by itself, and says so; this is for when it does not. */
const FORWARD_MARGIN_MS = 5000;
/** For the way there and back. */
const ASK_MARGIN_MS = 500;
const MAX_ANSWER_BYTES = 2 * LIMITS.maxSyncResponseBytes;
/** Shorter than what the other end allows, so that nobody writes to a connection that is being closed. */
const KEEP_ALIVE_MS = 60_000;

/** Gives invocations to the gateways that are home to their functions. */
export class Forwarder {
  readonly #deps: ForwarderDeps;
  readonly #pools = new Map<string, Pool>();

  constructor(deps: ForwarderDeps) {
    this.#deps = deps;
  }

  /** Gives it to that gateway. */
  async forward(
    sibling: GatewayMember,
    invocation: Invocation,
    terms: ForwardTerms,
  ): Promise<ForwardResult> {
    const { clock, metrics } = this.#deps;
    const startMs = clock.now();
    const { label, result } = await this.#exchange(sibling, invocation, terms);
    metrics.observeForward(label, clock.now() - startMs);
    return result;
  }

  /** Whether that gateway has seen a state of an object, or sees it in time. */
  async ask(sibling: GatewayMember, sighting: Sighting, timeoutMs: number): Promise<boolean> {
    const { clock, lostPeers, token } = this.#deps;
    const headers = ['authorization', `Bearer ${token() ?? ''}`];
    const body = toQuestion({ sighting, timeoutMs });
    const { outcome } = startExchange(
      this.#poolOf(sibling),
      { path: INTERNAL_SIGHTINGS_PATH, method: 'POST', headers, body },
      {
        clock,
        lostPeers,
        address: sibling.address,
        deadlineMs: timeoutMs + ASK_MARGIN_MS,
        maxAnswerBytes: MAX_ANSWER_BYTES,
      },
    );
    const ended = await outcome;
    return ended.kind === 'answered' && ended.answer.statusCode === 204;
  }

  /** Only these are left. What still runs at the others is waited for. */
  retain(siblings: readonly GatewayMember[]): void {
    const addresses = new Set(siblings.map(({ address }) => address));
    for (const [address, pool] of this.#pools) {
      if (addresses.has(address)) continue;
      this.#pools.delete(address);
      void pool.close();
    }
  }

  /** Closes every connection; what runs at others is broken. */
  async destroy(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    const reason = new Error('the gateway stops');
    await Promise.all(pools.map((pool) => pool.destroy(reason)));
  }

  async #exchange(
    sibling: GatewayMember,
    invocation: Invocation,
    terms: ForwardTerms,
  ): Promise<Judgement> {
    const authorization = `Bearer ${this.#deps.token() ?? ''}`;
    const exchange = startExchange(
      this.#poolOf(sibling),
      {
        path: INTERNAL_INVOCATIONS_PATH,
        method: 'POST',
        headers: ['authorization', authorization, ...toForwardHeaders(invocation, terms)],
        body: invocation.payload,
      },
      {
        clock: this.#deps.clock,
        lostPeers: this.#deps.lostPeers,
        address: sibling.address,
        deadlineMs: terms.waitMs + computeDispatchDeadlineMs(invocation.target) + FORWARD_MARGIN_MS,
        maxAnswerBytes: MAX_ANSWER_BYTES,
      },
    );
    const gone = new AbortController();
    // The home sees the connection end: what waits there leaves the queue, what runs goes on.
    const forget = invocation.onDisconnect(() => {
      gone.abort();
      exchange.abort(new Error('the client has gone'));
    });
    const outcome = await exchange.outcome;
    forget();
    if (gone.signal.aborted) {
      return { label: 'disconnected', result: done({ kind: 'disconnected' }) };
    }
    return this.#judge(sibling, invocation, outcome);
  }

  #judge(sibling: GatewayMember, invocation: Invocation, outcome: ExchangeOutcome): Judgement {
    const fields = { gatewayId: sibling.gatewayId, requestId: invocation.requestId };
    if (outcome.kind === 'broken') {
      const { message: reason } = outcome;
      this.#deps.logger.warn({ ...fields, reason }, 'gateway broke under an invocation');
      return { label: 'broken', result: done(broken()) };
    }
    if (outcome.kind === 'not-processed') {
      const { message: reason } = outcome;
      this.#deps.logger.warn({ ...fields, reason }, 'gateway could not be reached');
      return NOT_TAKEN;
    }
    const told = fromOutcomeMessage(outcome.answer);
    switch (told.kind) {
      case 'answered':
      case 'refused':
        return { label: told.kind, result: done(told) };
      case 'moved':
        return NOT_TAKEN;
      case 'not-taken': {
        const { statusCode } = outcome.answer;
        this.#deps.logger.warn({ ...fields, statusCode }, 'gateway took no invocation');
        return NOT_TAKEN;
      }
      case 'foreign': {
        const { statusCode } = outcome.answer;
        this.#deps.logger.warn({ ...fields, statusCode }, 'no gateway answered an invocation');
        return { label: 'broken', result: done(broken()) };
      }
    }
  }

  #poolOf({ address }: GatewayMember): Pool {
    const known = this.#pools.get(address);
    if (known !== undefined) return known;
    const pool = new Pool(`http://${address}`, {
      // As many connections as invocations: each may take minutes and must not wait for another.
      connections: null,
      connect: CONNECT_OPTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#pools.set(address, pool);
    return pool;
  }
}

const NOT_TAKEN: Judgement = { label: 'not_taken', result: { kind: 'not-taken' } };

function done(outcome: InvocationOutcome): ForwardResult {
  return { kind: 'done', outcome };
}

function broken(): InvocationOutcome {
  const message = 'The gateway that is home to the function ended before it had answered.';
  return { kind: 'refused', error: new LambdaError('BadGatewayException', message) };
}
