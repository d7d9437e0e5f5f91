import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { writeManifests, type FunctionManifest } from '../helpers/manifests.ts';
import type { LoadTarget } from './http-load.ts';
import { cpuSecondsOf } from './proc.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../dist/mayfly.mjs');
const DEADLINE_MS = 30_000;
const LOOK_MS = 250;
const CALM_LOOKS = 4;
/** Of CPU, in one look: a tenth of a core. */
const CALM_SECONDS = 0.025;

/** The bundled program as a process of its own, as users run it. */
export class PlatformProcess {
  readonly process: ChildProcess;
  readonly #startedMs = performance.now();
  readonly #stateDir = mkdtempSync(path.join(tmpdir(), 'mayfly-bench-state-'));
  readonly #manifestDir = mkdtempSync(path.join(tmpdir(), 'mayfly-bench-functions-'));
  #gatewayUrl = '';

  constructor(functions: readonly FunctionManifest[], nodeOptions: readonly string[] = []) {
    writeManifests(this.#manifestDir, functions);
    const args = ['start', '--dir', this.#manifestDir, '--state', this.#stateDir, '--port', '0'];
    this.process = spawn(
      process.execPath,
      [...nodeOptions, PROGRAM, ...args, '--admin-port', '0', '--log-level', 'error'],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Milliseconds from the start of the program to the first answer of this function. */
  async firstAnswerMs(functionName: string, deadlineMs = DEADLINE_MS): Promise<number> {
    while (performance.now() - this.#startedMs < deadlineMs) {
      if (await this.#tryCall(functionName)) return performance.now() - this.#startedMs;
      await pause(5);
    }
    throw new Error(`${functionName} did not answer in ${String(deadlineMs)} ms`);
  }

  /** Waits until what a start leaves to be done is done: the process is nearly idle for a second. */
  async settled(): Promise<void> {
    for (let calm = 0; calm < CALM_LOOKS;) {
      const before = cpuSecondsOf(this.pid);
      await pause(LOOK_MS);
      const isCalm = cpuSecondsOf(this.pid) - before <= CALM_SECONDS;
      calm = isCalm ? calm + 1 : 0;
    }
  }

  target(functionName: string, body: string, headers: LoadTarget['headers'] = {}): LoadTarget {
    const { hostname, port } = new URL(this.#gatewayUrl);
    const path = `/2015-03-31/functions/${functionName}/invocations`;
    return { host: hostname, port: Number(port), path, headers, body };
  }

  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.process.once('close', () => {
      resolve(undefined);
    });
    this.process.kill('SIGTERM');
    await promise;
    for (const directory of [this.#stateDir, this.#manifestDir]) {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  async #tryCall(functionName: string): Promise<boolean> {
    try {
      const file = readFileSync(path.join(this.#stateDir, 'control.json'), 'utf8');
      this.#gatewayUrl = (JSON.parse(file) as { gatewayUrl: string }).gatewayUrl;
      const { host, port, path: callPath } = this.target(functionName, '{}');
      const url = `http://${host}:${String(port)}${callPath}`;
      return (await fetch(url, { method: 'POST', body: '{}' })).status === 200;
    } catch {
      return false;
    }
  }
}
