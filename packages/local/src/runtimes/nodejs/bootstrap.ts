import { exposeTraceId, loadBootstrapConfig, type BootstrapConfig } from './config.ts';
import { ConsoleLog } from './console-log.ts';
import { loadHandler, type LoadedHandler } from './handler-loader.ts';
import {
  parseInvocation,
  runHandler,
  type EmptyLoopHook,
  type HandlerOutcome,
  type Invocation,
} from './invocation.ts';
import { makeAwslambdaGlobal } from './response-stream.ts';
import { RuntimeApiClient } from './runtime-api-client.ts';
import { RuntimeError, toErrorDocument, toLoggedError } from './runtime-errors.ts';

// Exit statuses of AWS's runtime interface client.
const EXIT_INIT_FAILED = 1;
const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

/** The runtime of the `nodejs*` identifiers: loads the handler, then one invocation after the other. */
class Bootstrap {
  readonly #config: BootstrapConfig;
  readonly #client: RuntimeApiClient;
  readonly #log: ConsoleLog;
  readonly #hook: EmptyLoopHook = { onEmptyLoop: undefined };
  #phase: 'init' | 'waiting' | 'invoke' = 'init';
  #isDying = false;

  constructor(config: BootstrapConfig) {
    this.#config = config;
    this.#client = new RuntimeApiClient(config.runtimeApi);
    this.#log = new ConsoleLog({
      logFormat: config.logFormat,
      logLevel: config.logLevel,
      write: (line) => process.stdout.write(line),
    });
  }

  async run(): Promise<never> {
    this.#prepareProcess();
    const handler = await this.#load();
    for (;;) {
      this.#phase = 'waiting';
      const invocation = parseInvocation(await this.#client.next());
      this.#phase = 'invoke';
      await this.#serve(handler, invocation);
    }
  }

  #prepareProcess(): void {
    writeAtOnce(process.stdout);
    writeAtOnce(process.stderr);
    this.#log.install(console);
    Object.assign(globalThis, { awslambda: makeAwslambdaGlobal() });
    process.on('beforeExit', () => this.#hook.onEmptyLoop?.());
    process.on('uncaughtException', (error) => {
      void this.#die('Uncaught Exception', error, EXIT_UNCAUGHT_EXCEPTION);
    });
    process.on('unhandledRejection', (reason) => {
      const message = typeof reason === 'symbol' ? reason.toString() : String(reason);
      const error = new RuntimeError('Runtime.UnhandledPromiseRejection', message);
      // An own property: the log shows where the rejection came from.
      Object.assign(error, { reason });
      void this.#die('Unhandled Promise Rejection', error, EXIT_UNHANDLED_REJECTION);
    });
  }

  async #load(): Promise<LoadedHandler> {
    try {
      return await loadHandler(this.#config.taskRoot, this.#config.handler);
    } catch (error) {
      return this.#die('Init Error', error, EXIT_INIT_FAILED);
    }
  }

  async #serve(handler: LoadedHandler, invocation: Invocation): Promise<void> {
    this.#log.requestId = invocation.requestId;
    exposeTraceId(invocation.traceId);
    const outcome = await runHandler(handler, invocation, {
      config: this.#config,
      hook: this.#hook,
    });
    // A rejection that the handler left behind is reported before its answer.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#isDying) return new Promise(() => undefined);
    await this.#report(invocation.requestId, outcome);
  }

  async #report(requestId: string, outcome: HandlerOutcome): Promise<void> {
    try {
      if (outcome.kind === 'answered') {
        await this.#client.postResponse(requestId, outcome.body);
        return;
      }
      const document = toErrorDocument(outcome.error);
      this.#log.logError('Invoke Error', outcome.error, toLoggedError(outcome.error));
      const body = JSON.stringify(document);
      await this.#client.postInvocationError(requestId, document.errorType, body);
    } catch (error) {
      // The platform has given this invocation up, or is gone: asking for the next one tells.
      process.stderr.write(`posting the outcome of ${requestId}: ${String(error)}\n`);
    }
  }

  /** Reports a failure that the process does not survive, and ends it. */
  async #die(title: string, error: unknown, exitStatus: number): Promise<never> {
    this.#isDying = true;
    try {
      this.#log.logError(title, error, toLoggedError(error));
      await this.#postFailure(error);
    } catch {
      // Nobody listens any more; the exit status says it too.
    }
    process.exit(exitStatus);
  }

  async #postFailure(error: unknown): Promise<void> {
    const document = toErrorDocument(error);
    const body = JSON.stringify(document);
    // A connection of its own: the other one may be in use.
    const client = new RuntimeApiClient(this.#config.runtimeApi);
    if (this.#phase === 'init') {
      await client.postInitError(document.errorType, body);
    } else if (this.#phase === 'invoke') {
      await client.postInvocationError(this.#log.requestId, document.errorType, body);
    }
  }
}

/**
 * Output is a socket here, which holds a few hundred lines: more of them would wait in this process, come
 * after the answer and so after END, or be lost at an exit. Node makes only real pipes synchronous itself.
 */
function writeAtOnce(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?: (on: boolean) => void } };
  handle?.setBlocking?.(true);
}

try {
  await new Bootstrap(loadBootstrapConfig()).run();
} catch (error) {
  process.stderr.write(`running the Node.js runtime: ${String(error)}\n`);
  process.exit(EXIT_INIT_FAILED);
}
