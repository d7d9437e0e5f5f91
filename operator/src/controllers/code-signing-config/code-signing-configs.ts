import type { CodeSigningConfigResource, FunctionResource } from '@mayfly/api';
import {
  codeSigningConfigArnOf,
  judgeCodeSigning,
  type CodeSigningVerdict,
  type Informer,
  type ObjectKey,
  type SignedArchives,
} from '@mayfly/core';
import { orPatienceOver } from '../patience.ts';
import type { StartRunner } from '../releases.ts';
import { CodeSigningConfigController, type CodeSigningConfigControllerDeps } from './controller.ts';

/** What they need besides their controller's world. */
export interface CodeSigningConfigsDeps extends CodeSigningConfigControllerDeps {
  readonly configs: Informer<'CodeSigningConfig'>;
  readonly functions: Pick<Informer<'Function'>, 'list'>;
}

/** Code signing configs on the operator's side. */
export class CodeSigningConfigs {
  readonly #deps: CodeSigningConfigsDeps;
  #synced: Promise<void> | undefined;

  constructor(deps: CodeSigningConfigsDeps) {
    this.#deps = deps;
  }

  /** Whether a Function may be served with these archives. */
  judge(
    { metadata, spec, status }: FunctionResource,
    archives: SignedArchives,
  ): CodeSigningVerdict {
    return judgeCodeSigning(archives, {
      arn: spec.codeSigningConfigArn,
      find: (arn) => this.#find(metadata.namespace, arn),
      isKnown: this.#deps.configs.hasSynced,
      served: status?.served,
    });
  }

  /** Begins to follow configs; resolves when they are known, or a second later. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, configs } = this.#deps;
    this.#synced = configs.start(signal);
    await orPatienceOver(this.#synced, clock);
  }

  /** Starts the controller once configs can be listed. */
  async start(
    startRunner: StartRunner,
    functionRunner: { enqueue(key: ObjectKey): void },
    signal: AbortSignal,
  ): Promise<void> {
    const { configs, functions } = this.#deps;
    /** Of one namespace, or of all. */
    const wake = (namespace?: string): void => {
      for (const { metadata, spec } of functions.list()) {
        const isNear = namespace === undefined || metadata.namespace === namespace;
        if (isNear && spec.codeSigningConfigArn !== undefined) functionRunner.enqueue(metadata);
      }
    };
    await this.#synced;
    if (signal.aborted) return;
    wake();
    startRunner(new CodeSigningConfigController(this.#deps), configs);
    configs.onChange(({ namespace }) => {
      wake(namespace);
    });
  }

  #find(namespace: string, arn: string): CodeSigningConfigResource | undefined {
    const { account, configs } = this.#deps;
    for (const config of configs.list()) {
      const { metadata } = config;
      if (metadata.namespace !== namespace || metadata.deletionTimestamp !== undefined) continue;
      if (codeSigningConfigArnOf(config, account) === arn) return config;
    }
    return undefined;
  }
}
