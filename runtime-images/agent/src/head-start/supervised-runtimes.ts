import { fitsHeadStart, planHeadStart } from '@mayfly/core';
import type { Assignment, SpareFacts } from '@mayfly/core';
import type { Runtime, RuntimeOptions } from '../runtime.ts';
import { SupervisedRuntime } from '../supervised-runtime.ts';
import type { Supervisor } from '../supervisor.ts';
import { HeadStart } from './head-start.ts';
import { NODE_PROGRAM } from './node-program.ts';

/** What starting runtimes under a supervisor needs. */
export interface SupervisedRuntimesDeps {
  readonly supervisor: Supervisor;
  readonly executionEnvironmentId: string;
  /** The functions that may come, where none is known yet. */
  readonly spare: SpareFacts | undefined;
}

/** Starts runtimes under a supervisor: the first one of a spare execution environment before there is a function. */
export class SupervisedRuntimes {
  readonly #deps: SupervisedRuntimesDeps;
  readonly #ready = Promise.withResolvers<undefined>();
  #headStart: HeadStart | undefined;

  constructor(deps: SupervisedRuntimesDeps) {
    this.#deps = deps;
  }

  /** Resolves when an assigned function can be started. */
  get ready(): Promise<undefined> {
    return this.#ready.promise;
  }

  /** Begins as soon as the supervisor is there. `runtimeApi` is `host:port`. */
  async open(runtimeApi: string): Promise<void> {
    await this.#deps.supervisor.attached;
    this.#headStart = this.#beginHeadStart(runtimeApi);
    await this.#headStart?.settle();
    this.#ready.resolve(undefined);
  }

  /** A function has come, whose code is not there yet. */
  prepare(assignment: Assignment): void {
    this.#headStart?.check(assignment);
  }

  start(options: RuntimeOptions): Runtime {
    const taken = this.#headStart?.take(options);
    if (taken !== undefined) return taken;
    const after = this.#headStart?.ending;
    return new SupervisedRuntime(this.#deps.supervisor, { ...options, after });
  }

  #beginHeadStart(runtimeApi: string): HeadStart | undefined {
    const { supervisor, executionEnvironmentId, spare } = this.#deps;
    if (spare === undefined) return undefined;
    const program = supervisor.writeFile('head-start.cjs', NODE_PROGRAM);
    const location = { runtimeApi, executionEnvironmentId };
    const plan = planHeadStart(spare, { location, program });
    if (plan === undefined) return undefined;
    const fits = (assignment: Assignment): boolean => fitsHeadStart(spare, assignment);
    return new HeadStart({ supervisor, executionEnvironmentId, plan, fits });
  }
}
