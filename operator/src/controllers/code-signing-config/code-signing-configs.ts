import type { CodeSigningConfigResource, FunctionResource } from '@mayfly/api';
import {
  codeSigningConfigArnOf,
  judgeCodeSigning,
  type CodeSigningVerdict,
  type Informer,
  type ObjectKey,
  type SignedArchives,
} from '@mayfly/core';
import { DependedKind } from '../depended-kind.ts';
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
  readonly #kind: DependedKind<'CodeSigningConfig'>;

  constructor(deps: CodeSigningConfigsDeps) {
    this.#deps = deps;
    this.#kind = new DependedKind({
      ...deps,
      informer: deps.configs,
      isConcerned: ({ codeSigningConfigArn }) => codeSigningConfigArn !== undefined,
    });
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
  follow(signal: AbortSignal): Promise<void> {
    return this.#kind.follow(signal);
  }

  /** Starts the controller once configs can be listed. */
  start(
    startRunner: StartRunner,
    functionRunner: { enqueue(key: ObjectKey): void },
    signal: AbortSignal,
  ): Promise<void> {
    const startController = (): void => {
      startRunner(new CodeSigningConfigController(this.#deps), this.#deps.configs);
    };
    return this.#kind.start(startController, functionRunner, signal);
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
