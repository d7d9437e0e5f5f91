/** How an init phase ended. `error` and `timeout` are tried again with the first invocation. */
export type InitOutcome = 'success' | 'error' | 'timeout';

/** What the runtime, or the platform about it, said when init went wrong. */
export interface InitFailure {
  /** For example `Runtime.ExitError`, `Runtime.InvalidEntrypoint`, `Runtime.HandlerNotFound`. */
  readonly errorType: string;
  readonly errorMessage: string;
}

/** How long it took until code was in place. */
export interface CodeDurations {
  readonly downloadMs: number;
  readonly unpackMs: number;
}

/** Paths of the agent's HTTP server; all but the invocation path are for the operator's driver. */
export const AGENT_PATHS = {
  /** The endpoint that AWS's Runtime Interface Emulator has, so that a gateway can speak to either. */
  invocations: '/2015-03-31/functions/function/invocations',
  assignment: '/mayfly/v1/assignment',
  status: '/mayfly/v1/status',
} as const;

/** Headers between gateway and agent, besides those of the Lambda API. */
export const AGENT_HEADERS = {
  /** ARN as the caller named it. */
  invokedFunctionArn: 'x-mayfly-invoked-function-arn',
  /** Present on the first answer of a cold start: milliseconds of the init phase. */
  initDurationMs: 'x-mayfly-init-duration-ms',
  /** Present on the answer of an invocation that came before the runtime asked for one: milliseconds until it did. */
  heldMs: 'x-mayfly-held-ms',
  /** Set on answers of the agent itself (refusals), never on answers of a function. */
  agentError: 'x-mayfly-agent-error',
} as const;

/** One revision of a function, as whoever starts it must know it. */
export interface AssignedFunction {
  readonly functionName: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly region: string;
  readonly accountId: string;
  /** Undefined for an image, which has its own. */
  readonly runtime?: string | undefined;
  /** Undefined for an image. */
  readonly handler?: string | undefined;
  readonly memorySizeMb: number;
  readonly timeoutMs: number;
  readonly initTimeoutMs: number;
  readonly initializationType: 'on-demand' | 'provisioned-concurrency';
  /** The user's variables. They win over presets, never over reserved ones. */
  readonly environmentVariables: Readonly<Record<string, string>>;
  readonly logFormat: 'Text' | 'JSON';
  /** Default: `/aws/lambda/<function name>`. */
  readonly logGroup?: string | undefined;
  /** Least level that the console functions write. Default: the runtime's. */
  readonly applicationLogLevel?: string | undefined;
}

/** Everything that the agent needs to run one revision. Paths are as the agent sees them. */
export interface Assignment extends AssignedFunction {
  readonly logStreamName: string;
  /** Directory of the code: LAMBDA_TASK_ROOT. */
  readonly taskRoot: string;
  /** Default: that of the code. */
  readonly workingDirectory?: string;
  /** LAMBDA_RUNTIME_DIR. */
  readonly runtimeDir: string;
  /** Program and arguments that start the runtime. */
  readonly command: readonly [string, ...string[]];
  /** Programs that may start the runtime: the first that exists takes the place of the command's own. */
  readonly commandCandidates?: readonly string[];
  /** Presets of this runtime and machine (PATH, LANG, NODE_PATH, TMPDIR, …). */
  readonly presetVariables: Readonly<Record<string, string>>;
  /** Whom it is for. With it, an assignment that is sent again is taken again. */
  readonly executionEnvironmentId?: string;
  /** What to unpack into the task root before init; absent when it is there already. */
  readonly code?: AssignedCode;
  /** What to unpack into `layersRoot` before init, one after the other: a later one wins. */
  readonly layers?: readonly AssignedCode[];
  /** Directory of the layers, `/opt`; with `layers`. */
  readonly layersRoot?: string;
}

/** An archive of a function or a layer, and where the agent gets it. */
export interface AssignedCode {
  /** Base64, as Lambda's CodeSha256. */
  readonly codeSha256: string;
  /** Bytes of the archive. */
  readonly codeSize: number;
  readonly source:
    /** Comes along, behind the JSON of the assignment. */
    | { readonly kind: 'attached'; readonly archive: Uint8Array }
    /** Fetched with the agent's token when it is where announcements go, else without. */
    | { readonly kind: 'url'; readonly url: string };
}

/** Where an agent is, as far as it was told: members of every announcement. */
export interface AnnouncementOrigin {
  /** Address of the pod: the invocation port is `host:port`. */
  readonly host?: string;
  readonly namespace?: string;
  readonly podName?: string;
}

/** What an agent posts to the announce URL, with `Authorization: Bearer <token>`. */
export type AgentAnnouncement = AnnouncementOrigin &
  (
    | { readonly kind: 'waiting'; readonly executionEnvironmentId: string; readonly port: number }
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
    /** It cannot run its function, and ends: there is no use in trying with this one again. */
    | {
        readonly kind: 'failed';
        readonly executionEnvironmentId: string;
        readonly message: string;
      }
  );

/** One line of the agent's stdout: everything a function or the platform logs. */
export interface LogRecord {
  /** RFC 3339 with milliseconds. */
  readonly time: string;
  readonly functionName: string;
  readonly version: string;
  readonly logStreamName: string;
  /** Absent during init and between invocations. */
  readonly requestId?: string;
  /** Who wrote it: START/END/REPORT lines, or the function. */
  readonly source: 'platform' | 'function';
  /** Without the line end. */
  readonly message: string;
}
