import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@mayfly/core';
import type { Dispatcher as Undici } from 'undici';
import { isSilence } from './connecting.ts';
import type { LostPeers } from './lost-peers.ts';

/** A whole answer. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** How a request ended. */
export type ExchangeOutcome =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  /** No byte of it was written: another one may have it. `isLost`: nobody was there to refuse it. */
  | { readonly kind: 'not-processed'; readonly message: string; readonly isLost: boolean }
  /** It may have been seen, or a part of it: nobody else may have it. `isLost`: nobody is there any more. */
  | { readonly kind: 'broken'; readonly message: string; readonly isLost: boolean };

/** A request that is on its way. */
export interface Exchange {
  readonly outcome: Promise<ExchangeOutcome>;
  /** Ends it: not processed while it connects, else broken. */
  abort(reason: Error): void;
}

/** Bounds of one exchange. */
export interface ExchangeLimits {
  readonly clock: Clock;
  readonly lostPeers: LostPeers;
  /** `host:port` of whoever answers. */
  readonly address: string;
  readonly deadlineMs: number;
  readonly maxAnswerBytes: number;
}

/** Sends one request and takes the whole answer. Knows whether a failure came before or after the first byte. */
export function startExchange(
  dispatcher: Undici,
  request: Undici.DispatchOptions,
  { clock, lostPeers, address, deadlineMs, maxAnswerBytes }: ExchangeLimits,
): Exchange {
  const { promise, resolve } = Promise.withResolvers<ExchangeOutcome>();
  const handler = new AnswerHandler(resolve, maxAnswerBytes);
  const timer = clock.after(deadlineMs, () => {
    handler.abort(new Error(`no answer within ${deadlineMs.toString()} ms`));
  });
  const forget = lostPeers.watch(address, (problem) => {
    handler.abort(new Error(`nobody is there any more: ${problem}`), { isLost: true });
  });
  handler.onSettled = () => {
    timer.cancel();
    forget();
  };
  dispatcher.dispatch(request, handler);
  return {
    outcome: promise,
    abort: (reason) => {
      handler.abort(reason);
    },
  };
}

class AnswerHandler implements Undici.DispatchHandler {
  readonly #resolve: (outcome: ExchangeOutcome) => void;
  readonly #maxBytes: number;
  readonly #chunks: Buffer[] = [];
  #controller: Undici.DispatchController | undefined;
  #abortReason: Error | undefined;
  #isLost = false;
  #bytes = 0;
  #statusCode = 0;
  #headers: IncomingHttpHeaders = {};
  onSettled: (() => void) | undefined;

  constructor(resolve: (outcome: ExchangeOutcome) => void, maxBytes: number) {
    this.#resolve = resolve;
    this.#maxBytes = maxBytes;
  }

  abort(reason: Error, { isLost = false } = {}): void {
    this.#abortReason = reason;
    this.#isLost = isLost;
    if (this.#controller === undefined) {
      // Still connecting: nothing has been written.
      this.#settle({ kind: 'not-processed', message: reason.message, isLost: true });
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
    const { message } = error;
    if (this.#controller !== undefined) {
      this.#settle({ kind: 'broken', message, isLost: this.#isLost || isSilence(error) });
    } else {
      this.#settle({ kind: 'not-processed', message, isLost: isSilence(error) });
    }
  }

  #settle(outcome: ExchangeOutcome): void {
    this.onSettled?.();
    this.#resolve(outcome);
  }
}
