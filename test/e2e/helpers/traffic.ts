import { Agent, request, type ClientRequest } from 'node:http';

/** How to call, and how often. */
export interface TrafficOptions {
  readonly url: string;
  readonly perSecond: number;
  readonly total: number;
  /** `new`: each call has a connection of its own. `kept`: connections are used again. Never a retry. */
  readonly connections: 'new' | 'kept';
  readonly body?: string;
}

/** One call that did not succeed. */
export interface FailedCall {
  readonly atMs: number;
  readonly reason: string;
}

/** What became of the calls. */
export interface TrafficResult {
  readonly succeeded: number;
  readonly failed: readonly FailedCall[];
  readonly answers: ReadonlyMap<string, number>;
  readonly latenciesMs: readonly number[];
}

const TICK_MS = 10;
const CALL_DEADLINE_MS = 30_000;
/** At once: what a slow machine cannot serve in time is called later. */
const MAX_RUNNING = 16;

/** What there is to know of the connection of a call that failed. */
function describeConnection(call: ClientRequest): string {
  const { socket } = call;
  if (socket === null) return 'it waited for a connection';
  const { localPort, connecting, bytesWritten, bytesRead } = socket;
  const kind = call.reusedSocket ? 'used before' : 'new';
  const state = connecting
    ? 'still connecting'
    : `${String(bytesWritten)} B out, ${String(bytesRead)} B in`;
  return `connection ${kind}, from port ${String(localPort)}, ${state}`;
}

/** So many failed how, first and last when: a line for each way. Empty when none failed. */
export function summariseFailures(failed: readonly FailedCall[]): string {
  const ways = Map.groupBy(failed, ({ reason }) => reason.replace(/\d+/g, 'N'));
  return [...ways]
    .map(([way, calls]) => {
      const times = calls.map(({ atMs }) => Math.round(atMs));
      return `${String(calls.length)} at ${String(Math.min(...times))}-${String(Math.max(...times))} ms: ${way}`;
    })
    .join('\n');
}

/** Calls at a steady rate, as long as few enough run, until `total` calls have been made or `stop` is called. */
export class Traffic {
  readonly #options: TrafficOptions;
  readonly #agent: Agent | false;
  readonly #failed: FailedCall[] = [];
  readonly #answers = new Map<string, number>();
  readonly #latenciesMs: number[] = [];
  readonly #done = Promise.withResolvers<TrafficResult>();
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #started = 0;
  #ended = 0;
  #isStopped = false;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#agent =
      options.connections === 'kept'
        ? new Agent({ keepAlive: true, maxSockets: MAX_RUNNING })
        : false;
    this.#timer = setInterval(() => {
      this.#startDue();
    }, TICK_MS);
  }

  /** Resolves when every call has ended. */
  get result(): Promise<TrafficResult> {
    return this.#done.promise;
  }

  /** Calls that have been answered so far. */
  get succeeded(): number {
    return this.#latenciesMs.length;
  }

  /** Starts no more calls; resolves when those that run have ended. */
  stop(): Promise<TrafficResult> {
    this.#isStopped = true;
    this.#endIfOver();
    return this.result;
  }

  #startDue(): void {
    const { perSecond, total } = this.#options;
    const dueByNow = ((performance.now() - this.#startedMs) / 1000) * perSecond;
    const startable = Math.min(total, dueByNow, this.#ended + MAX_RUNNING);
    while (!this.#isStopped && this.#started < startable) {
      this.#started += 1;
      this.#call();
    }
    if (this.#started >= total) this.#isStopped = true;
    this.#endIfOver();
  }

  #call(): void {
    const { url, body = '{}' } = this.#options;
    const startedMs = performance.now();
    let hasEnded = false;
    const end = (reason: string | undefined, answer = ''): void => {
      if (hasEnded) return;
      hasEnded = true;
      this.#ended += 1;
      if (reason !== undefined) this.#failed.push({ atMs: startedMs - this.#startedMs, reason });
      else {
        this.#latenciesMs.push(performance.now() - startedMs);
        this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1);
      }
      this.#endIfOver();
    };
    const call = request(url, {
      method: 'POST',
      agent: this.#agent,
      signal: AbortSignal.timeout(CALL_DEADLINE_MS),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    call.on('error', (error) => {
      end(`${error.message}; ${describeConnection(call)}`);
    });
    call.on('close', () => {
      end('the connection was closed before the whole answer had come');
    });
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => undefined);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const functionError = response.headers['x-amz-function-error'];
        const isGood = response.statusCode === 200 && functionError === undefined;
        end(isGood ? undefined : `${String(response.statusCode)} ${text.slice(0, 200)}`, text);
      });
    });
    call.end(body);
  }

  #endIfOver(): void {
    if (!this.#isStopped || this.#ended < this.#started) return;
    clearInterval(this.#timer);
    if (this.#agent !== false) this.#agent.destroy();
    this.#done.resolve({
      succeeded: this.#latenciesMs.length,
      failed: this.#failed,
      answers: this.#answers,
      latenciesMs: this.#latenciesMs,
    });
  }
}
