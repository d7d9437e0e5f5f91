/**
 * Quotas of Lambda. Sizes in bytes unless the name says otherwise.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const LIMITS = {
  /** Largest payload of a synchronous invocation, request and response each (6 MB). */
  maxSyncPayloadBytes: 6 * 1024 * 1024,
  /** Overhead Lambda grants a response above the 6 MB: it names 6291556 in its error. */
  maxSyncResponseBytes: 6 * 1024 * 1024 + 100,
  /** Largest request of an API call that is no invocation: an archive of 50 MB in base64, and what else it says. */
  maxApiRequestBytes: 70_167_211,
  /** Largest archive in a request (50 MB). */
  maxZippedCodeBytes: 50 * 1024 * 1024,
  /** Of all archives of an account (75 GB); said by GetAccountSettings, bounded by the code store alone. */
  totalCodeBytes: 75 * 1024 ** 3,
  /** Most layers of a function. */
  maxLayers: 5,
  /** Largest total of code and layers after unpacking (250 MB). */
  maxUnpackedCodeBytes: 250 * 1024 * 1024,
  /** Largest archive that is uploaded with a request, packed (50 MB). */
  maxUploadedCodeBytes: 50 * 1024 * 1024,
  /** Largest source text of `code.inline`; bounded by what etcd stores. */
  maxInlineCodeBytes: 512 * 1024,
  /** Total of all environment variables, keys and values (4 KB). */
  maxEnvironmentVariablesBytes: 4096,
  /** Decoded bytes of the log that `LogType: Tail` returns. */
  logTailBytes: 4096,
  /** Longest init of an on-demand execution environment before it is retried under the function's timeout. */
  initTimeoutMs: 10_000,
  /** Longest init under provisioned concurrency, unless the function's timeout is longer. */
  provisionedInitTimeoutMs: 130_000,
  /** Time for a runtime to end by itself at shutdown, then SIGKILL. */
  shutdownTimeoutMs: 2_000,
  /** Account concurrency that a namespace starts with. */
  defaultAccountConcurrency: 1000,
  /** Unreserved concurrency that reservations must leave. */
  minimumUnreservedConcurrency: 100,
  /** Largest `X-Amz-Client-Context` header, base64 (3583 bytes). */
  maxClientContextBytes: 3583,
} as const;
