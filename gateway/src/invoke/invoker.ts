import { AGENT_HEADERS, type Clock, type RevisionKey } from '@mayfly/core';
import { HEADERS, LambdaError } from '@mayfly/lambda-api';
import type { Logger } from '@mayfly/telemetry';
import type { GatewayMetrics, InvocationMetrics, InvocationOutcomeLabel } from '../metrics.ts';
import type { Admission, Admitted } from './admission.ts';
import { describeColdStart, splitColdStart, type ColdStart } from './cold-start.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ExchangeOutcome, HttpAnswer } from './exchange.ts';
import {
  computeDispatchDeadlineMs,
  type HomeOutcome,
  type Invocation,
  type InvocationAnswer,
  type InvocationTarget,
} from './invocation.ts';
import { toAdmissionError } from './refusals.ts';
import type { RollCall } from './roll-call.ts';

/** What invoking needs. */
export interface InvokerDeps {
  readonly admission: Admission;
  readonly dispatcher: Dispatcher;
  readonly rollCall: RollCall;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<GatewayMetrics, 'observeColdStartParts'> & {
    of(key: RevisionKey, qualifier: string): InvocationMetrics;
  };
  /** What the target has become when its revision is no longer served; undefined: its function is gone. */
  readonly renew: (target: InvocationTarget) => InvocationTarget | undefined;
}

/** Dead execution environments that one invocation walks into before it is refused. */
const MAX_ATTEMPTS = 20;
/** What an agent says that runs an invocation already. */
const AGENT_BUSY = 'Agent.Busy';

interface Run {
  readonly invocation: Invocation;
  readonly metrics: InvocationMetrics;
  readonly waitedMs: number;
}

interface Occupied {
  readonly kind: 'occupied';
  readonly message: string;
}

type Attempt =
  | {
      readonly kind: 'done';
      readonly outcome: HomeOutcome;
      readonly label: InvocationOutcomeLabel;
    }
  | { readonly kind: 'moved' }
  | { readonly kind: 'again' };

/** Admits, dispatches and answers: what the home of a function does with an invocation. */
export class Invoker {
  readonly #deps: InvokerDeps;

  constructor(deps: InvokerDeps) {
    this.#deps = deps;
  }

  /**
   * Runs the invocation. Never rejects for what a function, a limit or a dying execution environment can do.
   * It waits until `waitsUntilMs`, or as long as the queue allows.
   */
  async invoke(invocation: Invocation, waitsUntilMs?: number): Promise<HomeOutcome> {
    const { clock } = this.#deps;
    const startMs = clock.now();
    const metrics = this.#deps.metrics.of(invocation.target.key, invocation.qualifier);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const result = await this.#attempt(invocation, metrics, waitsUntilMs);
      if (result.kind === 'again') continue;
      // Counted where it ends.
      if (result.kind === 'moved') return result;
      metrics.observeOutcome(result.label, clock.now() - startMs);
      return result.outcome;
    }
    metrics.observeOutcome('unavailable', clock.now() - startMs);
    return refused(
      new LambdaError('ServiceUnavailableException', 'No execution environment could be reached.', {
        retryAfterSeconds: 1,
      }),
    );
  }

  async #attempt(
    invocation: Invocation,
    metrics: InvocationMetrics,
    waitsUntilMs: number | undefined,
  ): Promise<Attempt> {
    const askedMs = this.#deps.clock.now();
    const target = this.#deps.renew(invocation.target);
    const asked =
      target === undefined
        ? ({ kind: 'removed' } as const)
        : this.#deps.admission.admit(target.key, invocation.onDisconnect, waitsUntilMs);
    const admitted = asked instanceof Promise ? await asked : asked;
    if (admitted.kind === 'admitted') {
      const waitedMs = this.#deps.clock.now() - askedMs;
      return this.#run(admitted, { invocation, metrics, waitedMs });
    }
    if (admitted.kind === 'disconnected') {
      return { kind: 'done', outcome: { kind: 'disconnected' }, label: 'disconnected' };
    }
    if (admitted.kind === 'moved') return admitted;
    const isThrottle = admitted.kind === 'throttled';
    if (isThrottle) metrics.observeThrottle(admitted.reason);
    const error = toAdmissionError(admitted, invocation.target.invokedFunctionArn);
    const label = isThrottle ? 'throttled' : 'unavailable';
    return { kind: 'done', outcome: refused(error), label };
  }

  async #run(
    { executionEnvironment, start }: Admitted & { kind: 'admitted' },
    { invocation, metrics, waitedMs }: Run,
  ): Promise<Attempt> {
    const { executionEnvironmentId } = executionEnvironment;
    const { clock } = this.#deps;
    const dispatchedMs = clock.now();
    metrics.observeStart();
    const dispatched = await this.#deps.dispatcher.dispatch(
      executionEnvironment,
      invocation,
      computeDispatchDeadlineMs(invocation.target),
    );
    metrics.observeEnd();
    const outcome = judge(dispatched);
    if (outcome.kind === 'answered') {
      this.#deps.admission.complete(executionEnvironmentId, { isFirst: start !== undefined });
      const tookMs = clock.now() - dispatchedMs;
      const held = readHeld(outcome.answer);
      const coldStart = start && splitColdStart(start, { waitedMs, tookMs, ...held });
      if (coldStart !== undefined) this.#deps.metrics.observeColdStartParts(coldStart);
      return toDone(outcome.answer, { version: executionEnvironment.version, coldStart }, metrics);
    }
    this.#deps.logger.warn(
      { executionEnvironmentId, requestId: invocation.requestId, reason: outcome.message },
      outcome.kind === 'broken'
        ? 'execution environment broke under an invocation'
        : 'execution environment refused an invocation',
    );
    if (outcome.kind === 'occupied') {
      this.#deps.admission.markOccupied(executionEnvironmentId);
      return { kind: 'again' };
    }
    this.#deps.admission.markDead(executionEnvironmentId, outcome);
    if (outcome.isLost) this.#deps.rollCall.callAround(executionEnvironment);
    if (outcome.kind === 'not-processed') return { kind: 'again' };
    const error = new LambdaError(
      'BadGatewayException',
      'The execution environment ended before it had answered.',
    );
    return { kind: 'done', outcome: refused(error), label: 'platform_error' };
  }
}

/** How long the agent has kept it until the runtime asked for it, and what init took of that. */
function readHeld({ headers }: HttpAnswer): { readonly heldMs: number; readonly initMs: number } {
  const heldMs = Number(headers[AGENT_HEADERS.heldMs] ?? 0);
  return { heldMs, initMs: heldMs > 0 ? Number(headers[AGENT_HEADERS.initDurationMs] ?? 0) : 0 };
}

/** An answer of the agent itself, not of the function, means that the function has not seen the invocation. */
function judge(outcome: ExchangeOutcome): ExchangeOutcome | Occupied {
  if (outcome.kind !== 'answered') return outcome;
  const { statusCode, headers } = outcome.answer;
  const agentError = headers[AGENT_HEADERS.agentError];
  if (agentError === undefined) {
    if (statusCode === 200) return outcome;
    const message = `the agent answered with ${statusCode.toString()}`;
    return { kind: 'broken', message, isLost: false };
  }
  if (statusCode === 413) return outcome;
  const message = `the agent refused with ${statusCode.toString()}`;
  if (agentError === AGENT_BUSY) return { kind: 'occupied', message };
  // 401: not our token, so not our execution environment. 409, 503: not assigned, or ending.
  const isUntouched = statusCode === 401 || statusCode === 409 || statusCode === 503;
  return isUntouched
    ? { kind: 'not-processed', message, isLost: false }
    : { kind: 'broken', message, isLost: false };
}

function toDone(
  answer: HttpAnswer,
  { version, coldStart }: { readonly version: string; readonly coldStart: ColdStart | undefined },
  metrics: InvocationMetrics,
): Attempt {
  if (answer.statusCode === 413) {
    const error = new LambdaError('RequestTooLargeException', 'Request is too large.');
    return { kind: 'done', outcome: refused(error), label: 'platform_error' };
  }
  const { headers } = answer;
  if (headers[AGENT_HEADERS.initDurationMs] !== undefined) metrics.observeColdStart();
  const functionError = single(headers[HEADERS.functionError]);
  const result: InvocationAnswer = {
    payload: answer.body,
    executedVersion: single(headers[HEADERS.executedVersion]) ?? version,
    functionError,
    logResult: single(headers[HEADERS.logResult]),
    coldStart: coldStart && describeColdStart(coldStart),
  };
  return {
    kind: 'done',
    outcome: { kind: 'answered', answer: result },
    label: functionError === undefined ? 'success' : 'function_error',
  };
}

function refused(error: LambdaError): HomeOutcome {
  return { kind: 'refused', error };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
