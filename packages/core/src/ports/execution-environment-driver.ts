import type { AssignedFunction, InitOutcome } from '../agent-protocol/messages.ts';

/** What an execution environment is made with, before it is bound to a function. */
export interface CreateRequest {
  readonly executionEnvironmentId: string;
  readonly runtime: string;
  readonly memorySizeMb: number;
}

/** What binds a waiting execution environment to one revision of one function. */
export interface AssignRequest extends AssignedFunction {
  readonly executionEnvironmentId: string;
  readonly codeSha256: string;
}

/** How a gateway reaches an execution environment. */
export interface ExecutionEnvironmentAddress {
  /** `host:port` of the agent's invocation endpoint. */
  readonly address: string;
  /** Bearer token of this execution environment. */
  readonly token: string;
}

/** What an execution environment says of itself. Each is said once, in this order. */
export type Announcement =
  | ({
      readonly kind: 'waiting';
      readonly executionEnvironmentId: string;
    } & ExecutionEnvironmentAddress)
  | {
      readonly kind: 'ready';
      readonly executionEnvironmentId: string;
      readonly initDurationMs: number;
      readonly initOutcome: InitOutcome;
    }
  | { readonly kind: 'gone'; readonly executionEnvironmentId: string; readonly message: string };

/** Whether a runtime identifier can run here. */
export type RuntimeSupport =
  | { readonly kind: 'available' }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly message: string };

/** Makes execution environments. Only the operator holds one. */
export interface ExecutionEnvironmentDriver {
  /** Says whether the runtime can run here and, when not, what to install. May prepare it (cached). */
  supports(runtime: string, signal?: AbortSignal): Promise<RuntimeSupport>;
  /** Starts one; `waiting` follows. Rejects when it cannot be started. */
  create(request: CreateRequest, signal?: AbortSignal): Promise<void>;
  /** Gives it code, variables and handler and starts the runtime; `ready` follows, whatever init's outcome. */
  assign(request: AssignRequest, signal?: AbortSignal): Promise<void>;
  /** Ends it and every process it made; resolves when it can run no more code. Unknown ids are fine. */
  destroy(executionEnvironmentId: string, signal?: AbortSignal): Promise<void>;
  /** Calls back for every announcement. Returns the way to stop. */
  onAnnouncement(listener: (announcement: Announcement) => void): () => void;
}
