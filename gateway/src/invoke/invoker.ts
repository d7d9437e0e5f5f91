import { AGENT_HEADERS, type Clock, type GrantedExecutionEnvironment } from '@mayfly/core';
import { HEADERS, LambdaError } from '@mayfly/lambda-api';
import type { Logger } from '@mayfly/telemetry';
import type { GatewayMetrics, InvocationMetrics, InvocationOutcomeLabel } from '../metrics.ts';
import type { Admission } from './admission.ts';
import type { AgentAnswer, Dispatcher, DispatchOutcome } from './dispatcher.ts';
import type { Invocation, InvocationAnswer, InvocationOutcome } from './invocation.ts';
import { toAdmissionError } from './refusals.ts';

/** What invoking needs. */
export interface InvokerDeps {
  readonly admission: Admission;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: GatewayMetrics;
}

/** Time for the agent to notice a timeout by itself, kill and report, before the gateway gives it up. */
const DISPATCH_MARGIN_MS = 5000;
const DEFAULT_INIT_SECONDS = 10;
/** Dead execution environments that one invocation walks into before it is refused. */
const MAX_ATTEMPTS = 20;

type Attempt =
  | {
      readonly kind: 'done';
      readonly outcome: InvocationOutcome;
      readonly label: InvocationOutcomeLabel;
    }
  | { readonly kind: 'again' };

/** Admits, dispatches and answers: the one way to a function, whatever door an invocation came through. */
export class Invoker {
  readonly #deps: InvokerDeps;

  constructor(deps: InvokerDeps) {
    this.#deps = deps;
  }

  /** Runs the invocation. Never rejects for what a function, a limit or a dying environment can do. */
  async invoke(invocation: Invocation): Promise<InvocationOutcome> {
    const { clock } = this.#deps;
    const startMs = clock.now();
    const metrics = this.#deps.metrics.of(invocation.target.key.functionName, invocation.qualifier);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const result = await this.#attempt(invocation, metrics);
      if (result.kind === 'again') continue;
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

  async #attempt(invocation: Invocation, metrics: InvocationMetrics): Promise<Attempt> {
    const { target } = invocation;
    const asked = this.#deps.admission.admit(target.key, invocation.onDisconnect);
    const admitted = asked instanceof Promise ? await asked : asked;
    if (admitted.kind === 'admitted') {
      return this.#run(admitted.executionEnvironment, invocation, metrics);
    }
    if (admitted.kind === 'disconnected') {
      return { kind: 'done', outcome: { kind: 'disconnected' }, label: 'disconnected' };
    }
    const isThrottle = admitted.kind === 'throttled';
    if (isThrottle) metrics.observeThrottle(admitted.reason);
    const error = toAdmissionError(admitted, target.invokedFunctionArn);
    const label = isThrottle ? 'throttled' : 'unavailable';
    return { kind: 'done', outcome: refused(error), label };
  }

  async #run(
    executionEnvironment: GrantedExecutionEnvironment,
    invocation: Invocation,
    metrics: InvocationMetrics,
  ): Promise<Attempt> {
    const { executionEnvironmentId } = executionEnvironment;
    metrics.observeStart();
    const dispatched = await this.#deps.dispatcher.dispatch(
      executionEnvironment,
      invocation,
      computeDispatchDeadlineMs(invocation),
    );
    metrics.observeEnd();
    const outcome = judge(dispatched);
    if (outcome.kind === 'answered') {
      this.#deps.admission.complete(executionEnvironmentId);
      return toDone(outcome.answer, executionEnvironment.version, metrics);
    }
    this.#deps.logger.warn(
      { executionEnvironmentId, requestId: invocation.requestId, reason: outcome.message },
      outcome.kind === 'broken'
        ? 'execution environment broke under an invocation'
        : 'execution environment refused an invocation',
    );
    this.#deps.admission.markDead(executionEnvironmentId, outcome.message);
    if (outcome.kind === 'not-processed') return { kind: 'again' };
    const error = new LambdaError(
      'BadGatewayException',
      'The execution environment ended before it had answered.',
    );
    return { kind: 'done', outcome: refused(error), label: 'platform_error' };
  }
}

function computeDispatchDeadlineMs({ target }: Invocation): number {
  const { timeout, scaling } = target.configuration;
  // timeout 3 s, init 10 s: 3,000 + 10,000 + 5,000 = 18 s until a silent agent is given up.
  return (timeout + (scaling?.initSeconds ?? DEFAULT_INIT_SECONDS)) * 1000 + DISPATCH_MARGIN_MS;
}

/** An answer of the agent itself, not of the function, means that the function has not seen the invocation. */
function judge(outcome: DispatchOutcome): DispatchOutcome {
  if (outcome.kind !== 'answered') return outcome;
  const { statusCode, headers } = outcome.answer;
  if (headers[AGENT_HEADERS.agentError] === undefined) {
    if (statusCode === 200) return outcome;
    return { kind: 'broken', message: `the agent answered with ${statusCode.toString()}` };
  }
  if (statusCode === 413) return outcome;
  const message = `the agent refused with ${statusCode.toString()}`;
  // 401: not our token, so not our environment. 409, 503: busy, or not assigned.
  const isUntouched = statusCode === 401 || statusCode === 409 || statusCode === 503;
  return { kind: isUntouched ? 'not-processed' : 'broken', message };
}

function toDone(answer: AgentAnswer, version: string, metrics: InvocationMetrics): Attempt {
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
  };
  return {
    kind: 'done',
    outcome: { kind: 'answered', answer: result },
    label: functionError === undefined ? 'success' : 'function_error',
  };
}

function refused(error: LambdaError): InvocationOutcome {
  return { kind: 'refused', error };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
