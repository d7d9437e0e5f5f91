import type { ServerResponse } from 'node:http';
import { computeEnvironmentVariables, isReservedVariable } from '@mayfly/core';
import type { Assignment, InitPhase } from '@mayfly/core';
import { sendRuntimeApiError } from './runtime-api-answers.ts';
import type { Runtime, RuntimeFailure, StartRuntime } from './runtime.ts';

/** What a session is started with. */
export interface RuntimeSessionOptions {
  readonly executionEnvironmentId: string;
  readonly assignment: Assignment;
  readonly startRuntime: StartRuntime;
  readonly phase: InitPhase;
  /** `host:port`. */
  readonly runtimeApi: string;
  readonly onLine: (line: string) => void;
  readonly onEnd: (session: RuntimeSession, failure: RuntimeFailure) => void;
}

/** A runtime process and what the Runtime API knows of it. Dies with the process. */
export class RuntimeSession {
  readonly process: Runtime;
  readonly phase: InitPhase;
  readonly startedAtMs = performance.now();
  /** Whether it has asked for an invocation: init is over. */
  isReady = false;
  /** The invocation that it has been given and has not left by asking for the next. */
  openRequestId: string | undefined;
  /** Whether an answer for it has been taken, or is being read. */
  hasAnswered = false;
  #pendingNext: ServerResponse | undefined;

  constructor(options: RuntimeSessionOptions) {
    const { assignment, executionEnvironmentId, runtimeApi } = options;
    const variables = computeEnvironmentVariables(assignment, {
      runtimeApi,
      executionEnvironmentId,
    });
    this.phase = options.phase;
    this.process = options.startRuntime({
      executionEnvironmentId,
      command: assignment.command,
      candidates: assignment.commandCandidates ?? [],
      workingDirectory: assignment.workingDirectory ?? assignment.taskRoot,
      variables,
      isPreset: (name) =>
        !isReservedVariable(name) && !Object.hasOwn(assignment.environmentVariables, name),
      onLine: options.onLine,
      onEnd: (failure) => {
        options.onEnd(this, failure);
      },
    });
  }

  /** Keeps a `next` until there is an invocation. Of two, the newer one counts. */
  holdNext(response: ServerResponse): void {
    const older = this.#pendingNext;
    this.#pendingNext = response;
    if (older !== undefined && !isGone(older)) {
      sendRuntimeApiError(
        older,
        'InvalidStateTransition',
        'another request for the next invocation came',
      );
    }
  }

  /** The `next` that can be answered, if its connection still lives. */
  takeNext(): ServerResponse | undefined {
    const response = this.#pendingNext;
    this.#pendingNext = undefined;
    return response === undefined || isGone(response) ? undefined : response;
  }
}

function isGone(response: ServerResponse): boolean {
  return response.req.socket.destroyed;
}
