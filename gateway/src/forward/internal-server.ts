import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import { watchSilentConnections } from '../silent-connections.ts';
import { noRoomError, type PayloadBudget, type PayloadHold } from '../payloads/payload-budget.ts';
import { readPayload } from '../payloads/read-payload.ts';
import type { HomeOutcome, Invocation } from '../invoke/invocation.ts';
import type { Sighting } from '../functions/sightings.ts';
import { INTERNAL_SIGHTINGS_PATH, MAX_QUESTION_BYTES, parseQuestion } from './sighting-protocol.ts';
import {
  INTERNAL_INVOCATIONS_PATH,
  NOT_TAKEN_HEADERS,
  parseForwardHeaders,
  toOutcomeMessage,
  type ForwardedInvocation,
} from './protocol.ts';

/** What taking invocations from other gateways needs. */
export interface InternalServerDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Acts as home. One that is to be taken `onlyIfIdle` is never given to another gateway again, any other one only on
   * these terms: no invocation goes in a circle.
   */
  readonly actAsHome: (
    invocation: Invocation,
    terms: { readonly waitsUntilMs: number; readonly onlyIfIdle: boolean },
  ) => Promise<HomeOutcome>;
  /** Whether a state of an object is known here, or becomes so in time. */
  readonly see: (sighting: Sighting, timeoutMs: number) => Promise<boolean>;
  /** Every token that is good now: while it changes, the old one is too. */
  readonly tokens: () => readonly string[];
  readonly isDraining: () => boolean;
  readonly payloads: PayloadBudget;
  readonly maxPayloadBytes: number;
}

/** The server on the internal port. */
export interface InternalServer {
  readonly port: number;
  /** Takes no more connections; resolves when what runs has been answered. Idempotent. */
  close(): Promise<void>;
  closeIdleConnections(): void;
  closeAllConnections(): void;
}

/** Longer than the other end's: it ends connections that are idle, we do not. */
const KEEP_ALIVE_TIMEOUT_MS = 600_000;
/** Names, a client context and a trace. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Starts it. It answers invocations and questions of other gateways and nothing else. */
export async function startInternalServer(
  deps: InternalServerDeps,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<InternalServer> {
  const options = {
    keepAlive: true,
    keepAliveInitialDelay: 1000,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server = createServer(options, (request, response) => {
    take(request, response, deps).catch((err: unknown) => {
      // The other gateway went while it wrote: nothing has been taken.
      if (!request.complete) deps.logger.debug({ err }, 'invocation came in part');
      else deps.logger.error({ err }, 'invocation of another gateway failed');
      response.destroy();
    });
  });
  const silent = watchSilentConnections(server);
  await listen(server, host, port);
  const address = server.address();
  let closed: Promise<void> | undefined;
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => (closed ??= closeServer(server)),
    closeIdleConnections: () => {
      server.closeIdleConnections();
      silent.close();
    },
    closeAllConnections: () => {
      server.closeAllConnections();
    },
  };
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  deps: InternalServerDeps,
): Promise<void> {
  const refuse = (statusCode: number): void => {
    response.writeHead(statusCode, NOT_TAKEN_HEADERS).end();
    // What is left of the body is read all the same: who still writes it would not hear the answer.
    request.resume();
  };
  if (!isKnown(request.headers.authorization, deps.tokens())) {
    refuse(401);
    return;
  }
  const path = request.method === 'POST' ? request.url : undefined;
  if (path === INTERNAL_SIGHTINGS_PATH) refuse(await answerSighting(request, deps));
  else if (path === INTERNAL_INVOCATIONS_PATH)
    await takeInvocation({ request, response, deps }, refuse);
  else refuse(404);
}

async function takeInvocation(
  { request, response, deps }: TakenRequest,
  refuse: (statusCode: number) => void,
): Promise<void> {
  const forwarded = parseForwardHeaders(request.headers);
  if (forwarded === undefined) {
    refuse(400);
    return;
  }
  const hold = deps.payloads.open();
  const outcome = await hold.during(() =>
    readAndServe(forwarded, hold, { request, response, deps }),
  );
  if (outcome.kind === 'disconnected') return;
  if (outcome.kind === 'too-large') {
    refuse(413);
    return;
  }
  const { statusCode, headers, body } = toOutcomeMessage(outcome);
  if (deps.isDraining()) response.shouldKeepAlive = false;
  response.writeHead(statusCode, { ...headers, 'content-length': body.length }).end(body);
}

/** 204: seen. 504: not in time. */
async function answerSighting(request: IncomingMessage, deps: InternalServerDeps): Promise<number> {
  const hold = deps.payloads.open();
  const read = await hold.during(() => readPayload(request, hold, MAX_QUESTION_BYTES));
  const question = read.kind === 'read' ? parseQuestion(read.payload) : undefined;
  if (question === undefined) return 400;
  return (await deps.see(question.sighting, question.timeoutMs)) ? 204 : 504;
}

interface TakenRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly deps: InternalServerDeps;
}

async function readAndServe(
  { waitMs, onlyIfIdle, ...forwarded }: ForwardedInvocation,
  hold: PayloadHold,
  { request, response, deps }: TakenRequest,
): Promise<HomeOutcome | { readonly kind: 'too-large' }> {
  const read = await readPayload(request, hold, deps.maxPayloadBytes);
  if (read.kind === 'too-large') return read;
  if (read.kind === 'no-room') return { kind: 'refused', error: noRoomError() };
  const onDisconnect = (callback: () => void): (() => void) => {
    const listener = (): void => {
      if (!response.writableFinished) callback();
    };
    response.once('close', listener);
    if (response.destroyed) callback();
    return () => response.off('close', listener);
  };
  const { payload } = read;
  const waitsUntilMs = deps.clock.now() + waitMs;
  return deps.actAsHome({ ...forwarded, payload, onDisconnect }, { waitsUntilMs, onlyIfIdle });
}

/** Compared as hashes, which have the same length whatever was sent. */
function isKnown(authorization: string | undefined, tokens: readonly string[]): boolean {
  const given = digest(authorization ?? '');
  return tokens.some((token) => timingSafeEqual(given, digest(`Bearer ${token}`)));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', (cause) => {
    reject(new Error(`listening on internal port ${host}:${port.toString()}`, { cause }));
  });
  server.listen(port, host, () => {
    resolve(undefined);
  });
  await promise;
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.close(() => {
    resolve(undefined);
  });
  await promise;
}
