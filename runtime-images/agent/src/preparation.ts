import type { AssignedCode, Assignment, CodeDurations } from '@mayfly/core';
import type { AgentConfig } from './config.ts';
import type * as PrepareCode from './prepare-code.ts';

/** What has to be done before a runtime can be started: its code in place, and somebody there who starts it. */
export class Preparation {
  readonly #config: Pick<AgentConfig, 'token' | 'announceUrl'>;
  readonly #attached: Promise<unknown> | undefined;
  #codeDurations: CodeDurations | undefined;

  constructor(config: Pick<AgentConfig, 'token' | 'announceUrl'>, attached?: Promise<unknown>) {
    this.#config = config;
    this.#attached = attached;
  }

  /** How long it took, for an announcement. */
  get report(): { readonly codeDurations?: CodeDurations } {
    return this.#codeDurations === undefined ? {} : { codeDurations: this.#codeDurations };
  }

  /** Undefined when there is nothing to wait for. */
  prepare(assignment: Assignment, signal: AbortSignal): Promise<unknown> | undefined {
    const { code } = assignment;
    const placed = code && this.#place(code, assignment, signal);
    return this.#attached === undefined ? placed : Promise.all([placed, this.#attached]);
  }

  async #place(
    code: AssignedCode,
    { taskRoot, layers, layersRoot }: Assignment,
    signal: AbortSignal,
  ): Promise<void> {
    const { token, announceUrl } = this.#config;
    const trustedOrigin = announceUrl === undefined ? undefined : new URL(announceUrl).origin;
    const { prepareCode } = await preload();
    const places = { taskRoot, layers, layersRoot };
    this.#codeDurations = await prepareCode(code, { ...places, token, trustedOrigin }, signal);
  }
}

/** Not at the start: where an agent begins with its function, its first word is what is waited for. */
function preload(): Promise<typeof PrepareCode> {
  return import('./prepare-code.ts');
}
