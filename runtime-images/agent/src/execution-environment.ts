import type { IncomingMessage, ServerResponse } from 'node:http';
import { makeFunctionArn, RUNTIME_API_HEADERS } from '@mayfly/lambda-api';
import { transitionExecutionEnvironment } from '@mayfly/core';
import type { Assignment, ExecutionEnvironmentState, InitPhase } from '@mayfly/core';
import type {
  ExecutionEnvironmentDeps,
  ExecutionEnvironmentStatus,
} from './execution-environment-deps.ts';
import { ExecutionEnvironmentLog } from './execution-environment-log.ts';
import { accept, refuse } from './invocation.ts';
import type { InvocationRequest, Refusal, RunningInvocation } from './invocation.ts';
import * as outcomes from './outcome.ts';
import type { Failure, InitReport, Outcome } from './outcome.ts';
import { readBody } from './read-body.ts';
import type { BodyOutcome } from './read-body.ts';
import { sendAccepted, sendInvocation, sendRuntimeApiError } from './runtime-api-answers.ts';
import type { RuntimeAnswer, RuntimeApiHandler } from './runtime-api-server.ts';
import { RuntimeSession } from './runtime-session.ts';

const MEMORY_WATCH_PERIOD_MS = 250;
const BYTES_PER_MB = 1024 * 1024;
const ENDING = refuse(503, 'Agent.Terminating', 'the agent is ending');

/**
 * One execution environment: binds a runtime to one function, gives it one invocation at a time, and starts
 * it again after a failure. README.md beside this folder draws the lifecycle.
 */
export class ExecutionEnvironment implements RuntimeApiHandler {
  readonly #deps: ExecutionEnvironmentDeps;
  readonly #ending = new AbortController();
  #state: ExecutionEnvironmentState = 'created';
  #assignment: Assignment | undefined;
  #log: ExecutionEnvironmentLog | undefined;
  #session: RuntimeSession | undefined;
  #current: RunningInvocation | undefined;
  #initTimer: NodeJS.Timeout | undefined;
  #memoryTimer: NodeJS.Timeout | undefined;
  #unreportedInitDurationMs: number | undefined;
  #invocations = 0;
  #isClosing = false;
  #onFree: (() => void) | undefined;
  // Writes the last lines of an invocation that has been answered; runs at the end of the turn, or earlier
  // when something else happens in it.
  #finishAnswered: (() => void) | undefined;

  constructor(deps: ExecutionEnvironmentDeps) {
    this.#deps = deps;
  }

  /** Ready to be assigned. False when it is ending. */
  open(): boolean {
    if (!this.#isClosing) this.#go('waiting');
    return !this.#isClosing;
  }

  /** What it is doing. */
  get status(): ExecutionEnvironmentStatus {
    const { executionEnvironmentId } = this.#deps;
    const base = { executionEnvironmentId, state: this.#state, invocations: this.#invocations };
    if (this.#assignment === undefined) return base;
    const { functionName, version, code } = this.#assignment;
    const assigned = { ...base, functionName, version };
    return code === undefined ? assigned : { ...assigned, codeSha256: code.codeSha256 };
  }

  /**
   * Binds it to a function and starts the init phase. False when it is bound already, unless it is to the
   * same, or ending.
   */
  assign(assignment: Assignment): boolean {
    if (this.#state !== 'waiting' || this.#isClosing) return this.#isRepeated(assignment);
    const { executionEnvironmentId } = this.#deps;
    if ((assignment.executionEnvironmentId ?? executionEnvironmentId) !== executionEnvironmentId) {
      return false;
    }
    this.#assignment = assignment;
    this.#log = new ExecutionEnvironmentLog(this.#deps.logWriter, assignment);
    this.#go('initialising');
    const preparing = this.#deps.prepare(assignment, this.#ending.signal);
    if (preparing === undefined) this.#startInit(assignment);
    else void this.#startInitAfter(preparing, assignment);
    return true;
  }

  /** Why an invocation would be refused right now; undefined when it would be taken. */
  get refusal(): Refusal | undefined {
    if (this.#isClosing) return ENDING;
    if (this.#assignment === undefined) {
      return refuse(503, 'Agent.Unassigned', 'no function has been assigned yet');
    }
    if (this.#current !== undefined) {
      return refuse(409, 'Agent.Busy', 'an invocation is running');
    }
    return undefined;
  }

  /** Takes an invocation or says why not. During init and reset it waits, without its clock running. */
  invoke(request: InvocationRequest): Refusal | undefined {
    const { refusal } = this;
    if (refusal !== undefined) return refusal;
    const isAwaited = this.#state === 'idle' || this.#state === 'busy';
    this.#current = accept(request, { isHeld: !isAwaited });
    if (isAwaited) this.#begin(this.#current);
    return undefined;
  }

  /** Lets the running invocation finish, unless it is to be abandoned; then ends the runtime. */
  async close(options: { readonly abandonInvocation: boolean }): Promise<void> {
    this.#isClosing = true;
    if (this.#current !== undefined && !options.abandonInvocation) {
      await new Promise<void>((resolve) => {
        this.#onFree = resolve;
      });
    }
    const session = this.#leave();
    await session?.process.terminate(this.#deps.shutdownTimeoutMs);
  }

  /** Ends the runtime at once; a running invocation gets no answer. */
  async destroy(): Promise<void> {
    this.#isClosing = true;
    await this.#leave()?.process.kill();
  }

  // --- Runtime API -------------------------------------------------------------------------------------

  onNext(response: ServerResponse): void {
    const session = this.#session;
    if (session === undefined) {
      sendRuntimeApiError(response, 'InvalidStateTransition', 'no runtime is expected');
      return;
    }
    this.#finishAnswered?.();
    if (this.#current?.stage === 'delivered') {
      sendRuntimeApiError(response, 'InvalidStateTransition', 'the invocation has no answer yet');
      return;
    }
    session.openRequestId = undefined;
    session.holdNext(response);
    if (!session.isReady) this.#finishInit(session);
    else this.#continueWith(session);
  }

  onAnswer(answer: RuntimeAnswer, request: IncomingMessage, response: ServerResponse): void {
    const session = this.#session;
    if (session?.openRequestId !== answer.requestId) {
      request.resume();
      sendRuntimeApiError(response, 'InvalidRequestID', 'Invalid request ID');
      return;
    }
    const current = this.#current;
    if (session.hasAnswered || current?.request.requestId !== answer.requestId) {
      request.resume();
      sendRuntimeApiError(response, 'InvalidStateTransition', 'the invocation has its answer');
      return;
    }
    session.hasAnswered = true;
    readBody(request, this.#deps.maxResponseBytes, (body) => {
      this.#takeAnswer({ session, current, body, kind: answer.kind }, request, response);
    });
  }

  onInitError(request: IncomingMessage, response: ServerResponse): void {
    const session = this.#session;
    if (session === undefined || session.isReady) {
      request.resume();
      sendRuntimeApiError(response, 'InvalidStateTransition', 'init is over');
      return;
    }
    // REPORT wants it when the process is no more.
    session.process.readPeakMemoryMb();
    const header = request.headers[RUNTIME_API_HEADERS.functionErrorType];
    readBody(request, this.#deps.maxResponseBytes, (outcome) => {
      if (outcome.kind === 'aborted') return;
      sendAccepted(response);
      const errorType = outcomes.parseErrorType(header, outcome);
      const failure = { status: 'error', errorType, reason: 'init failed' } as const;
      const hasBody = outcome.kind === 'complete' && outcome.body.length > 0;
      // After this turn, so that the runtime hears the 202 before it is killed.
      setImmediate(() => {
        void this.#fail(session, hasBody ? { ...failure, payload: outcome.body } : failure);
      });
    });
  }

  // --- Init --------------------------------------------------------------------------------------------

  // Whoever has assigned it may not have heard the answer, or has a successor.
  #isRepeated(assignment: Assignment): boolean {
    const { executionEnvironmentId, functionName, version, code } = assignment;
    return (
      !this.#isClosing &&
      executionEnvironmentId === this.#deps.executionEnvironmentId &&
      functionName === this.#assignment?.functionName &&
      version === this.#assignment.version &&
      code?.codeSha256 === this.#assignment.code?.codeSha256
    );
  }

  async #startInitAfter(preparing: Promise<unknown>, assignment: Assignment): Promise<void> {
    try {
      await preparing;
      if (!this.#isTerminating()) this.#startInit(assignment);
    } catch (error) {
      if (this.#isTerminating()) return;
      if (this.#current !== undefined) this.#drop(this.#current);
      this.#deps.onBroken(String(error));
    }
  }

  #startInit(assignment: Assignment): void {
    this.#initTimer = setTimeout(() => {
      if (this.#session === undefined) return;
      const reason = 'the init phase timed out';
      void this.#fail(this.#session, { status: 'timeout', errorType: 'Sandbox.Timedout', reason });
    }, assignment.initTimeoutMs);
    this.#startRuntime('init');
  }

  #startRuntime(phase: InitPhase): void {
    const assignment = this.#assignment;
    if (assignment === undefined) return;
    this.#log?.writeInitStart(phase);
    const session = new RuntimeSession({
      executionEnvironmentId: this.#deps.executionEnvironmentId,
      assignment,
      startRuntime: this.#deps.startRuntime,
      phase,
      runtimeApi: this.#deps.runtimeApi(),
      onLine: (line) => this.#log?.writeFunctionLine(line),
      onEnd: (ended, failure) => {
        void this.#fail(ended, { ...failure, status: 'error' });
      },
    });
    this.#session = session;
    this.#deps.logWriter.setProducer(session.process);
    this.#watchMemory();
  }

  #finishInit(session: RuntimeSession): void {
    session.isReady = true;
    session.process.readPeakMemoryMb();
    if (session.phase === 'init') {
      const initDurationMs = performance.now() - session.startedAtMs;
      this.#unreportedInitDurationMs = initDurationMs;
      clearTimeout(this.#initTimer);
      this.#go('idle');
      // An invocation that is held comes first.
      this.#continueWith(session);
      this.#announceReady({ initOutcome: 'success', initDurationMs });
    } else this.#continueWith(session);
  }

  #reportInit(session: RuntimeSession, failure: Failure, durationMs: number): void {
    const { status, errorType } = failure;
    const facts = { phase: session.phase, durationMs, status };
    this.#log?.writeInitReport(status === 'error' ? { ...facts, errorType } : facts);
  }

  #announceReady(init: InitReport): void {
    const { executionEnvironmentId, announce } = this.#deps;
    void announce({ kind: 'ready', executionEnvironmentId, ...init });
  }

  // --- Invocations -------------------------------------------------------------------------------------

  // The state is idle, or busy because the runtime has not come back from the invocation before.
  #begin(invocation: RunningInvocation): void {
    if (this.#state === 'idle') this.#go('busy');
    const isNew = !invocation.isStarted;
    if (isNew) this.#startClock(invocation);
    if (this.#session === undefined) this.#startRuntime('invoke');
    if (isNew) this.#log?.begin(invocation.request.requestId, invocation.request.wantsLogTail);
    if (this.#session?.isReady === true) this.#deliver(this.#session, invocation);
  }

  #startClock(invocation: RunningInvocation): void {
    const timeoutMs = this.#assignment?.timeoutMs ?? 0;
    invocation.isStarted = true;
    invocation.startedAtMs = performance.now();
    invocation.deadlineMs = Date.now() + timeoutMs;
    invocation.deadlineTimer = setTimeout(() => {
      this.#expire(invocation);
    }, timeoutMs);
    if (this.#memoryTimer === undefined) this.#watchMemory();
  }

  // The runtime has asked for an invocation.
  #continueWith(session: RuntimeSession): void {
    const current = this.#current;
    if (current === undefined) {
      if (this.#state === 'busy') this.#go('idle');
    } else if (current.isStarted) this.#deliver(session, current);
    else this.#begin(current);
  }

  #deliver(session: RuntimeSession, invocation: RunningInvocation): void {
    const assignment = this.#assignment;
    const next = session.takeNext();
    if (next === undefined || assignment === undefined) return;
    invocation.stage = 'delivered';
    session.openRequestId = invocation.request.requestId;
    session.hasAnswered = false;
    const arn = invocation.request.invokedFunctionArn ?? makeFunctionArn(assignment);
    sendInvocation(next, invocation, arn);
  }

  #takeAnswer(
    answer: {
      readonly session: RuntimeSession;
      readonly current: RunningInvocation;
      readonly body: BodyOutcome;
      readonly kind: RuntimeAnswer['kind'];
    },
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { session, current, body } = answer;
    if (this.#session !== session || this.#current !== current) return;
    if (body.kind === 'aborted') {
      // The runtime broke off in the middle: it may try again.
      session.hasAnswered = false;
      return;
    }
    const outcome = outcomes.toOutcome(body, {
      kind: answer.kind,
      errorTypeHeader: request.headers[RUNTIME_API_HEADERS.functionErrorType],
      maxResponseBytes: this.#deps.maxResponseBytes,
    });
    current.stage = 'answered';
    clearTimeout(current.deadlineTimer);
    if (!current.request.wantsLogTail) this.#answer(current, outcome, undefined);
    if (body.kind === 'complete') sendAccepted(response);
    else this.#refuseTooLarge(request, response);
    // What the function has printed before it answered is read in this turn, if it has not been already.
    const finish = (): void => {
      if (this.#finishAnswered !== finish) return;
      this.#finishAnswered = undefined;
      this.#finish(current, outcome, session);
    };
    this.#finishAnswered = finish;
    setImmediate(finish);
  }

  #refuseTooLarge(request: IncomingMessage, response: ServerResponse): void {
    const refuse413 = (): void => {
      sendRuntimeApiError(
        response,
        'RequestEntityTooLarge',
        outcomes.describeTooLarge(this.#deps.maxResponseBytes),
      );
    };
    // Most clients send everything before they listen.
    if (request.complete) refuse413();
    else request.once('end', refuse413);
  }

  #expire(invocation: RunningInvocation): void {
    const session = this.#session;
    if (session === undefined || this.#current !== invocation) return;
    void this.#fail(session, {
      status: 'timeout',
      errorType: 'Sandbox.Timedout',
      reason: this.#log?.describeTimeout() ?? '',
    });
  }

  // Answers (if that has not been done) and writes END and REPORT.
  #finish(invocation: RunningInvocation, outcome: Outcome, session: RuntimeSession): void {
    clearTimeout(invocation.deadlineTimer);
    const isAnswered = invocation.stage === 'answered' && !invocation.request.wantsLogTail;
    const initDurationMs = this.#unreportedInitDurationMs;
    const logResult = this.#log?.end({
      requestId: invocation.request.requestId,
      durationMs: performance.now() - invocation.startedAtMs,
      maxMemoryUsedMb: this.#computeMaxMemoryUsedMb(session),
      status: outcome.status,
      ...(outcome.errorType === undefined ? {} : { errorType: outcome.errorType }),
      ...(initDurationMs === undefined ? {} : { initDurationMs }),
    });
    if (!isAnswered) this.#answer(invocation, outcome, logResult);
    this.#unreportedInitDurationMs = undefined;
    this.#release(invocation);
  }

  #answer(invocation: RunningInvocation, outcome: Outcome, logResult: string | undefined): void {
    this.#invocations += 1;
    invocation.request.onAnswer({
      kind: 'answered',
      payload: outcome.payload,
      isFunctionError: outcome.isFunctionError,
      version: this.#assignment?.version ?? '',
      logResult,
      initDurationMs: this.#unreportedInitDurationMs,
      heldMs: invocation.isHeld ? invocation.startedAtMs - invocation.acceptedAtMs : undefined,
    });
  }

  /** Whoever has sent it may send it to another one, unless a runtime may have seen it. */
  #drop(invocation: RunningInvocation): void {
    clearTimeout(invocation.deadlineTimer);
    const { isStarted, request } = invocation;
    request.onAnswer(isStarted ? { kind: 'dropped' } : { kind: 'refused', refusal: ENDING });
    this.#release(invocation);
  }

  #release(invocation: RunningInvocation): void {
    if (this.#current !== invocation) return;
    this.#current = undefined;
    this.#onFree?.();
  }

  #computeMaxMemoryUsedMb(session: RuntimeSession): number {
    const limitMb = this.#assignment?.memorySizeMb ?? 0;
    return Math.min(session.process.readPeakMemoryMb(), limitMb);
  }

  // --- Failure -----------------------------------------------------------------------------------------

  // The runtime has failed: kills what is left of it, answers whom it owed an answer, and goes on.
  async #fail(session: RuntimeSession, failure: Failure): Promise<void> {
    if (this.#session !== session) return;
    this.#finishAnswered?.();
    this.#session = undefined;
    clearTimeout(this.#initTimer);
    const wasInitPhase = this.#state === 'initialising';
    const victim = this.#findVictim(session, failure);
    if (victim !== undefined) clearTimeout(victim.deadlineTimer);
    const failedAfterMs = performance.now() - session.startedAtMs;
    this.#go('resetting');
    await session.process.kill();
    this.#deps.dropRuntimeConnections();
    this.#deps.logWriter.setProducer(undefined);
    if (this.#isTerminating()) return;
    if (!session.isReady) this.#reportInit(session, failure, failedAfterMs);
    if (victim !== undefined)
      this.#finish(victim, outcomes.toFailedOutcome(victim, failure), session);
    this.#deps.logWriter.flush();
    // It was of a runtime that is gone.
    this.#unreportedInitDurationMs = undefined;
    this.#go('idle');
    if (wasInitPhase) this.#announceReady(outcomes.toInitReport(failure, failedAfterMs));
    if (this.#current !== undefined) this.#begin(this.#current);
  }

  // A method, because the compiler does not know that the state changes during an await.
  #isTerminating(): boolean {
    return this.#state === 'terminating';
  }

  // The invocation that cannot be served any more. One that the runtime has not even seen starts a new one.
  #findVictim(session: RuntimeSession, failure: Failure): RunningInvocation | undefined {
    const current = this.#current;
    if (current?.isStarted !== true) return undefined;
    if (current.stage === 'delivered' || failure.status === 'timeout') return current;
    return session.isReady ? undefined : current;
  }

  #watchMemory(): void {
    if (this.#memoryTimer !== undefined) return;
    this.#memoryTimer = setInterval(() => {
      this.#checkMemory();
    }, MEMORY_WATCH_PERIOD_MS);
  }

  #checkMemory(): void {
    const session = this.#session;
    const isBusy = this.#state === 'busy' || this.#state === 'initialising';
    if (session === undefined || !isBusy) {
      // An idle execution environment must not wake the machine.
      clearInterval(this.#memoryTimer);
      this.#memoryTimer = undefined;
      return;
    }
    const limitBytes = (this.#assignment?.memorySizeMb ?? 0) * BYTES_PER_MB;
    session.process.readPeakMemoryMb();
    if (session.process.readMemoryBytes() <= limitBytes) return;
    void this.#fail(session, {
      status: 'error',
      errorType: 'Runtime.ExitError',
      reason: 'Runtime exited with error: signal: killed',
    });
  }

  #leave(): RuntimeSession | undefined {
    const session = this.#session;
    this.#finishAnswered?.();
    if (!this.#isTerminating()) this.#go('terminating');
    this.#ending.abort();
    this.#session = undefined;
    clearTimeout(this.#initTimer);
    clearInterval(this.#memoryTimer);
    if (this.#current !== undefined) this.#drop(this.#current);
    return session;
  }

  #go(to: ExecutionEnvironmentState): void {
    this.#state = transitionExecutionEnvironment(this.#state, to);
  }
}
