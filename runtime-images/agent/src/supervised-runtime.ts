import type { Socket } from 'node:net';
import { describeRuntimeExit, toProcessExit } from '@mayfly/core';
import { formatVariables } from './format-variables.ts';
import { LineSplitter } from './line-splitter.ts';
import { resolveCommand } from './resolve-command.ts';
import { describeMissing, describeUnrunnable, settleWithin } from './runtime.ts';
import type { Runtime, RuntimeFailure, RuntimeOptions } from './runtime.ts';
import type { Supervisor, SupervisorEvent } from './supervisor.ts';

// How long the supervisor may need to kill everything: it shares the function's slice of a processor.
const KILL_DEADLINE_MS = 5_000;
// How long output may still be on its way after that.
const OUTPUT_DEADLINE_MS = 1_000;
const PEAK_MEMORY_MAX_AGE_MS = 100;
const KILOBYTES_PER_MB = 1024;

// What a container looks like from outside when its memory is used up.
const KILLED: RuntimeFailure = {
  errorType: 'Runtime.ExitError',
  reason: describeRuntimeExit({ exitCode: undefined, signal: 'SIGKILL' }),
};

/** What a supervised runtime is started with. */
export interface SupervisedRuntimeOptions extends RuntimeOptions {
  /** Called when it waits for its function. */
  readonly onParked?: () => void;
  /** The end of the runtime before: what is left of it would be taken for this one. */
  readonly after?: Promise<unknown> | undefined;
}

/** A runtime in the function's container, started and ended by the supervisor there. */
export class SupervisedRuntime implements Runtime {
  readonly #supervisor: Supervisor;
  readonly #options: SupervisedRuntimeOptions;
  readonly #splitter: LineSplitter;
  readonly #onParked: () => void;
  readonly #starting: Promise<void> | undefined;
  readonly #killed = Promise.withResolvers<undefined>();
  readonly #closed = Promise.withResolvers<undefined>();
  #output: Socket | undefined;
  #failure: RuntimeFailure | undefined;
  #isWanted = true;
  #isStarted = false;
  #hasEnded = false;
  #pid: number | undefined;
  #peakMemoryMb = 0;
  #staleKills = 0;
  #isAsking = false;
  #askedAtMs = -Infinity;

  constructor(supervisor: Supervisor, options: SupervisedRuntimeOptions) {
    this.#supervisor = supervisor;
    this.#options = options;
    this.#splitter = new LineSplitter(options.onLine);
    this.#onParked = options.onParked ?? ((): void => undefined);
    void supervisor.gone.then(() => {
      this.#end(KILLED);
    });
    this.#starting = options.after?.then(() => {
      this.#start();
    });
    if (this.#starting === undefined) this.#start();
  }

  pause(): void {
    this.#output?.pause();
  }

  resume(): void {
    this.#output?.resume();
  }

  async terminate(graceMs: number): Promise<void> {
    if (this.#isStarted && !this.#hasEnded) {
      this.#supervisor.tell('term');
      await settleWithin(Promise.race([this.#closed.promise, this.#supervisor.gone]), graceMs);
    }
    await this.kill();
  }

  async kill(): Promise<void> {
    this.#isWanted = false;
    await this.#starting;
    if (!this.#isStarted) return;
    this.#supervisor.tell('kill');
    const isKilled = Promise.race([this.#killed.promise, this.#supervisor.gone]);
    await settleWithin(isKilled, KILL_DEADLINE_MS);
    if (this.#output !== undefined) {
      this.#supervisor.touchOutput();
      await settleWithin(this.#closed.promise, OUTPUT_DEADLINE_MS);
      this.#output.destroy();
    }
    this.#splitter.flush();
  }

  // The limit is the container's.
  readMemoryBytes(): number {
    return 0;
  }

  /** The last that the supervisor has said; asks it again, but not every time. */
  readPeakMemoryMb(): number {
    const nowMs = performance.now();
    const isFresh = nowMs - this.#askedAtMs < PEAK_MEMORY_MAX_AGE_MS;
    if (this.#pid !== undefined && !this.#isAsking && !isFresh && !this.#hasEnded) {
      this.#isAsking = true;
      this.#askedAtMs = nowMs;
      this.#supervisor.tell(`memory ${this.#pid.toString()}`);
    }
    return this.#peakMemoryMb;
  }

  #start(): void {
    if (this.#supervisor.isGone || !this.#isWanted) return;
    this.#isStarted = true;
    this.#staleKills = this.#supervisor.pendingKills;
    this.#supervisor.setListener((event) => {
      this.#hear(event);
    });
    this.#output = this.#supervisor.openOutput();
    this.#listenToOutput(this.#output);
    const { variables, isPreset, workingDirectory } = this.#options;
    const command = resolveCommand(this.#options);
    const script = { variables, isPreset, workingDirectory, command };
    this.#supervisor.writeVariables(formatVariables(script));
    this.#supervisor.tell('start');
  }

  #hear(event: SupervisorEvent): void {
    // It is of a runtime before.
    if (this.#staleKills === 0) this.#take(event);
    else if (event.kind === 'killed') this.#staleKills -= 1;
  }

  #take(event: SupervisorEvent): void {
    switch (event.kind) {
      case 'started':
        this.#pid = event.pid;
        break;
      case 'missing':
        this.#failure = describeMissing(this.#options);
        break;
      case 'denied':
        this.#failure = describeUnrunnable(this.#options.command[0], 'permission denied');
        break;
      case 'exited':
        this.#endWith(event.status);
        break;
      case 'memory':
        this.#isAsking = false;
        this.#takeMemory(event.kilobytes);
        break;
      case 'killed':
        this.#supervisor.setListener(undefined);
        this.#killed.resolve(undefined);
        break;
      case 'parked':
        this.#onParked();
        break;
      // The supervisor's own.
      case 'attached':
      case 'terminating':
        break;
    }
  }

  #endWith(status: number): void {
    this.#end(this.#failure ?? describeExit(status));
  }

  #takeMemory(kilobytes: number): void {
    this.#peakMemoryMb = Math.max(this.#peakMemoryMb, Math.round(kilobytes / KILOBYTES_PER_MB));
  }

  #listenToOutput(output: Socket): void {
    output.on('data', (chunk: Buffer) => {
      this.#splitter.push(chunk);
    });
    output.on('error', () => undefined);
    output.on('close', () => {
      this.#closed.resolve(undefined);
    });
  }

  #end(failure: RuntimeFailure): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    // What the runtime sent to the Runtime API before it ended may be read in this very turn.
    setImmediate(() => {
      this.#options.onEnd(failure);
    });
  }
}

function describeExit(status: number): RuntimeFailure {
  return {
    errorType: 'Runtime.ExitError',
    reason: describeRuntimeExit(toProcessExit(status)),
  };
}
