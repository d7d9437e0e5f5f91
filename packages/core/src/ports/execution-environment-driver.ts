import type { ResolvedImage, ServedLayer, ServedRevision } from '@mayfly/api';
import type {
  AssignedFunction,
  CodeDurations,
  InitFailure,
  InitOutcome,
} from '../agent-protocol/messages.ts';
import type { RevisionKey } from './revision-key.ts';

/**
 * What an execution environment is made with, before it is bound to a function: what cannot be changed later.
 * `key` says for whom, so that one who starts anew can tell.
 */
export interface CreateRequest {
  readonly executionEnvironmentId: string;
  readonly key: RevisionKey;
  /** Made ahead of invocations, as provisioned concurrency. */
  readonly isProvisioned: boolean;
  /** Undefined for an image, which has its own. */
  readonly runtime?: string | undefined;
  readonly image?: ResolvedImage | undefined;
  readonly memorySizeMb: number;
  /** The configuration it will run, for drivers that make more than a process (pods). */
  readonly configuration: ServedRevision['configuration'];
  /** The Function that it belongs to. */
  readonly owner: { readonly name: string; readonly uid: string };
  /** With `runtimeInterface: rie`, where nothing can be told later. */
  readonly assignment?: AssignRequest | undefined;
}

/** An execution environment that a former run left. */
export interface FoundExecutionEnvironment {
  readonly executionEnvironmentId: string;
  readonly key: RevisionKey;
  readonly isProvisioned: boolean;
  readonly createdMs: number;
}

/** What an execution environment that was found says of itself. */
export type ExecutionEnvironmentProbe =
  /** It waits for its assignment. */
  | ({ readonly kind: 'waiting' } & ExecutionEnvironmentAddress)
  /** Its init phase runs: `ready` follows. */
  | ({ readonly kind: 'initialising' } & ExecutionEnvironmentAddress)
  | ({ readonly kind: 'idle' } & ExecutionEnvironmentAddress)
  | ({ readonly kind: 'busy' } & ExecutionEnvironmentAddress)
  /** No answer, or it is not assigned to what its maker wrote on it. */
  | { readonly kind: 'unusable'; readonly message: string };

/** What binds a waiting execution environment to one revision of one function. */
export interface AssignRequest extends AssignedFunction {
  readonly executionEnvironmentId: string;
  readonly key: RevisionKey;
  readonly codeSha256: string;
  readonly codeSize: number;
  /** Archives of its layers, in the order in which they are unpacked. */
  readonly layers?: readonly ServedLayer[] | undefined;
  /** What it runs instead of an archive. */
  readonly image?: ResolvedImage | undefined;
  /** What it was made from: drivers find references to Secrets there. */
  readonly configuration: ServedRevision['configuration'];
}

/** What holds of one that has taken its assignment. */
export interface Assigned {
  /**
   * Everything that init needs is there: an invocation that is sent to it from now on is held until the runtime asks for
   * it, and for no longer than init takes.
   */
  readonly holdsInvocations: boolean;
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
      /** Why init did not succeed, where that is known. */
      readonly initFailure?: InitFailure;
      /** Of code that had to be put in place. */
      readonly codeDurations?: CodeDurations;
    }
  /** It starts as soon as there is room for it on a machine; `gone` follows when there is none for too long. */
  | { readonly kind: 'no-room'; readonly executionEnvironmentId: string }
  | {
      readonly kind: 'gone';
      readonly executionEnvironmentId: string;
      readonly message: string;
      /** A constant for conditions, where the driver knows the cause: `ImagePullFailed`, `OutOfCapacity`, … */
      readonly reason?: string;
      /** It says nothing about the function: the next one may well start. */
      readonly isTemporary?: boolean;
    };

/** Whether a runtime identifier can run here. */
export type RuntimeSupport =
  | { readonly kind: 'available' }
  | { readonly kind: 'unavailable'; readonly reason: string; readonly message: string };

/**
 * What a driver needs (the API server, a store) does not answer now. It says nothing about the request, which
 * may succeed soon.
 */
export class DriverUnavailableError extends Error {
  override readonly name = 'DriverUnavailableError';
}

/** Asks by name, not by `instanceof`: two copies of this package may be loaded. */
export function isDriverUnavailable(error: unknown): boolean {
  return error instanceof Error && error.name === 'DriverUnavailableError';
}

/** Makes execution environments. Only the operator holds one. */
export interface ExecutionEnvironmentDriver {
  /** Says whether the runtime can run here and, when not, what to install. May prepare it (cached). */
  supports(runtime: string, signal?: AbortSignal): Promise<RuntimeSupport>;
  /**
   * Starts one; `waiting` follows. Rejects when it cannot be started, with `DriverUnavailableError` when
   * only now.
   */
  create(request: CreateRequest, signal?: AbortSignal): Promise<void>;
  /**
   * Gives it code, variables and handler and starts the runtime; `ready` follows, whatever init's outcome.
   * Rejects as `create` does.
   */
  assign(request: AssignRequest, signal?: AbortSignal): Promise<Assigned>;
  /**
   * The execution environments of a former run of the platform that still exist. Called once, before `create`;
   * announcements of those that are found follow as if they had just been made.
   */
  find(signal?: AbortSignal): Promise<readonly FoundExecutionEnvironment[]>;
  /** Asks one how it is. Never rejects for what it says or does not say. */
  probe(executionEnvironmentId: string, signal?: AbortSignal): Promise<ExecutionEnvironmentProbe>;
  /** Ends it and every process it made; resolves when it can run no more code. Unknown ids are fine. */
  destroy(executionEnvironmentId: string, signal?: AbortSignal): Promise<void>;
  /** Nobody was met where it is: its machine may be lost. What is created next should be elsewhere. */
  noteLost(executionEnvironmentId: string): void;
  /** Calls back for every announcement. Returns the way to stop. */
  onAnnouncement(listener: (announcement: Announcement) => void): () => void;
}
