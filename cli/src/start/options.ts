import { z } from 'zod';

const Port = z
  .int('must be a whole number')
  .min(0, 'must be at least 0')
  .max(65_535, 'must be at most 65535');

/** What `mayfly start` was asked for. Paths are absolute. */
export const StartOptions = z.object({
  /** Folders whose YAML files are applied, in order. None: only what `apply` brings. */
  directories: z.array(z.string()),
  /** Address of the Lambda API and of function URLs. */
  host: z.string().min(1),
  /** Port of the Lambda API; 0: any free one. */
  port: Port,
  /** Port of /healthz, /readyz and /metrics on loopback; 0: any free one. */
  adminPort: Port,
  /** Directory of everything that is kept. */
  stateDirectory: z.string(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
  /** Seconds an idle execution environment is kept when the Function does not say. */
  idleSeconds: z.int('must be a whole number').min(1, 'must be at least 1').max(86_400).optional(),
  /** Requests must be signed. Default: unless it listens on loopback. */
  requiresSignatures: z.boolean().optional(),
  /** People read the output: pretty logs and a banner instead of JSON lines alone. */
  isTerminal: z.boolean(),
});
/** What `mayfly start` was asked for. */
export type StartOptions = z.infer<typeof StartOptions>;

/** The running platform. Both verbs may be called more than once. */
export interface EmbeddedHandle {
  readonly gatewayUrl: string;
  readonly controlUrl: string;
  /** Bearer token of the control API. */
  readonly controlToken: string;
  /** Base of /healthz, /readyz and /metrics. */
  readonly adminUrl: string;
  /** Drains: running invocations finish, then everything stops. */
  close(): Promise<void>;
  /** Stops at once. */
  destroy(): Promise<void>;
}

/** Variables of the process: settings that have no flag, and what runtimes are looked for with. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Starts the whole platform in this process. */
export type StartEmbedded = (
  options: StartOptions,
  variables: Variables,
) => Promise<EmbeddedHandle>;
