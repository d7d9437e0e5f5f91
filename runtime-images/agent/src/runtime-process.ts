import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { describeRuntimeExit } from '@mayfly/core';
import { LineSplitter } from './line-splitter.ts';
import {
  killProcessTree,
  readPeakMemoryMb,
  readTreeMemoryBytes,
  signalGroup,
} from './process-tree.ts';
import { resolveCommand } from './resolve-command.ts';
import { describeMissing, describeUnrunnable, settleWithin } from './runtime.ts';
import type { Runtime, RuntimeFailure, RuntimeOptions } from './runtime.ts';

// How long output may still be on its way after every process has been killed.
const OUTPUT_DEADLINE_MS = 1_000;
const PEAK_MEMORY_MAX_AGE_MS = 100;

/** One runtime process in a process group of its own, and everything it starts. */
export class RuntimeProcess implements Runtime {
  readonly #options: RuntimeOptions;
  readonly #child: ChildProcess | undefined;
  readonly #splitters: readonly LineSplitter[];
  readonly #closed: Promise<void>;
  #hasEnded = false;
  #peakMemoryMb = 0;
  #peakReadAtMs = -Infinity;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.#splitters = [new LineSplitter(options.onLine), new LineSplitter(options.onLine)];
    this.#child = this.#spawn();
    this.#closed = this.#watch(this.#child);
  }

  /** Stops reading the function's output: its writes block once the pipes are full. */
  pause(): void {
    this.#child?.stdout?.pause();
    this.#child?.stderr?.pause();
  }

  /** Reads on. */
  resume(): void {
    this.#child?.stdout?.resume();
    this.#child?.stderr?.resume();
  }

  /** Asks the group to end, then kills what is left of the tree. */
  async terminate(graceMs: number): Promise<void> {
    const pid = this.#child?.pid;
    if (pid !== undefined && !this.#hasEnded) {
      signalGroup(pid, 'SIGTERM');
      await settleWithin(this.#closed, graceMs);
    }
    await this.kill();
  }

  /** Kills the tree; resolves when nothing of it runs and its last output has been read. */
  async kill(): Promise<void> {
    const pid = this.#child?.pid;
    if (pid !== undefined) {
      await killProcessTree({ pid, executionEnvironmentId: this.#options.executionEnvironmentId });
      if (!(await settleWithin(this.#closed, OUTPUT_DEADLINE_MS))) this.#dropOutput();
    }
    for (const splitter of this.#splitters) splitter.flush();
  }

  /** Memory of the process and its children. */
  readMemoryBytes(): number {
    const pid = this.#child?.pid;
    return pid === undefined || this.#hasEnded ? 0 : readTreeMemoryBytes(pid);
  }

  /** The most memory the process ever held; at most 100 ms old, because reading it costs 20 µs. */
  readPeakMemoryMb(): number {
    const nowMs = performance.now();
    const pid = this.#child?.pid;
    if (pid === undefined || nowMs - this.#peakReadAtMs < PEAK_MEMORY_MAX_AGE_MS) {
      return this.#peakMemoryMb;
    }
    this.#peakReadAtMs = nowMs;
    this.#peakMemoryMb = Math.max(this.#peakMemoryMb, readPeakMemoryMb(pid));
    return this.#peakMemoryMb;
  }

  #spawn(): ChildProcess | undefined {
    const [program, ...programArguments] = resolveCommand(this.#options);
    try {
      return spawn(program, programArguments, {
        cwd: this.#options.workingDirectory,
        env: { ...this.#options.variables },
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      // Thrown for what no process can be given: a NUL byte in an argument, for example.
      setImmediate(() => {
        this.#end(describeSpawnError(this.#options, error));
      });
      return undefined;
    }
  }

  #watch(child: ChildProcess | undefined): Promise<void> {
    if (child === undefined) return Promise.resolve();
    const [stdoutSplitter, stderrSplitter] = this.#splitters;
    child.stdout?.on('data', (chunk: Buffer) => stdoutSplitter?.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderrSplitter?.push(chunk));
    child.on('error', (error) => {
      this.#end(describeSpawnError(this.#options, error));
    });
    child.on('exit', (exitCode, signal) => {
      // What the runtime sent to the Runtime API before it ended may be read in this very turn.
      setImmediate(() => {
        const exit = { exitCode: exitCode ?? undefined, signal: signal ?? undefined };
        this.#end({ errorType: 'Runtime.ExitError', reason: describeRuntimeExit(exit) });
      });
    });
    return new Promise((resolve) => {
      child.on('close', () => {
        resolve();
      });
    });
  }

  #end(failure: RuntimeFailure): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.onEnd(failure);
  }

  #dropOutput(): void {
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
  }
}

function describeSpawnError(options: RuntimeOptions, error: unknown): RuntimeFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return describeMissing(options);
  return describeUnrunnable(
    options.command[0],
    code === 'EACCES' ? 'permission denied' : String(error),
  );
}
