import type { Assignment, ExecutionEnvironmentState } from '@mayfly/core';
import type { Announce } from './announcer.ts';
import type { LogWriter } from './log-writer.ts';
import type { StartRuntime } from './runtime.ts';

/** What an execution environment needs from its agent. */
export interface ExecutionEnvironmentDeps {
  readonly executionEnvironmentId: string;
  readonly maxResponseBytes: number;
  readonly shutdownTimeoutMs: number;
  readonly logWriter: LogWriter;
  readonly announce: Announce;
  readonly startRuntime: StartRuntime;
  /**
   * Puts the code where the assignment says, and waits until a runtime can be started; rejects with what the user
   * should know. Undefined when there is nothing to wait for.
   */
  readonly prepare: (assignment: Assignment, signal: AbortSignal) => Promise<unknown> | undefined;
  /** Told that the function can never run here. */
  readonly onBroken: (message: string) => void;
  /** `host:port` of the Runtime API. */
  readonly runtimeApi: () => string;
  /** Cuts the connections of a runtime that has been killed. */
  readonly dropRuntimeConnections: () => void;
}

/** What a status request shows. */
export interface ExecutionEnvironmentStatus {
  readonly executionEnvironmentId: string;
  readonly state: ExecutionEnvironmentState;
  readonly functionName?: string;
  readonly version?: string;
  readonly codeSha256?: string;
  readonly invocations: number;
}
