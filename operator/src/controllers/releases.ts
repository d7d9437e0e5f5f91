import { randomUUID } from 'node:crypto';
import type { AliasResource } from '@mayfly/api';
import {
  describeRoutingState,
  type Account,
  type Clock,
  type CodeStore,
  type Informer,
  type Kind,
  type ObjectKey,
  type ReleaseFacts,
  type ResourceStore,
  type VersionedFunction,
  type VersionNumbers,
} from '@mayfly/core';
import { toVersionedFunction } from '../fleet/by-function.ts';
import type { Confirmations } from '../fleet/confirmations.ts';
import type { Provisioner } from '../provisioning/provisioner.ts';
import type { Controller } from '../reconcile/controller-runner.ts';
import type { Rollouts } from '../rollouts/rollouts.ts';
import { AliasController } from './alias/controller.ts';
import type { Reason } from './function/conditions.ts';
import type { FunctionNames } from './function/function-names.ts';
import type { ObjectEvents } from './object-events.ts';
import { CodeChecks } from './version/code-checks.ts';
import { VersionController } from './version/controller.ts';
import { KeyedTurns } from './version/keyed-turns.ts';
import { OnChangeVersions } from './version/on-change-versions.ts';
import { ReleaseBook } from './version/release-book.ts';
import { wireReleases } from './version/wire-releases.ts';

/** What publishing versions and pointing aliases to them needs. */
export interface ReleasesDeps {
  readonly store: ResourceStore;
  readonly versionNumbers: VersionNumbers;
  readonly codeStore: Pick<CodeStore, 'open'>;
  readonly events: ObjectEvents;
  readonly clock: Clock;
  readonly account: Account;
  readonly makeAliasUrl: (alias: AliasResource) => string | undefined;
  readonly fleet: {
    /** What gateways follow. */
    readonly confirmations: Pick<
      Confirmations,
      'isConfirmed' | 'silent' | 'onConfirmed' | 'forget'
    >;
    startFailure(functionId: string, version: string): Reason | undefined;
    onStartFailure(listener: (of: VersionedFunction, version: string) => void): void;
  };
  readonly rollouts: Rollouts;
  readonly provisioner: Provisioner;
}

/** What they follow. */
export interface ReleaseSources {
  readonly functions: Informer<'Function'>;
  readonly versions: Informer<'Version'>;
  readonly aliases: Informer<'Alias'>;
}

interface Runner {
  enqueue(key: ObjectKey): void;
}

/** Starts a controller. */
export type StartRunner = <K extends Kind>(
  controller: Controller<K>,
  informer: Informer<K>,
) => Runner;

const FAILURE_DELAY_MS = 1_000;

/** Versions and Aliases on the operator's side. */
export class Releases {
  /** What Functions publish by themselves. */
  readonly onChange: OnChangeVersions;
  readonly #deps: ReleasesDeps;
  readonly #sources: ReleaseSources;
  readonly #book: ReleaseBook;
  readonly #turns = new KeyedTurns();
  readonly #newsListeners: ((fn: VersionedFunction) => void)[] = [];

  /** Before any controller starts: they are to find here what they are told of. */
  constructor(deps: ReleasesDeps, sources: ReleaseSources, names: FunctionNames) {
    this.#deps = deps;
    this.#sources = sources;
    this.#book = new ReleaseBook(names);
    this.#book.follow(sources);
    const { store, versionNumbers: numbers } = deps;
    this.onChange = new OnChangeVersions({ store, numbers, book: this.#book, turns: this.#turns });
  }

  /** What there is of a function. */
  facts(fn: VersionedFunction): ReleaseFacts {
    return this.#book.facts(fn);
  }

  /** Calls back with each function of which a version or an alias, or which itself, has come, changed or gone. */
  onNews(listener: (fn: VersionedFunction) => void): void {
    this.#newsListeners.push(listener);
  }

  /** Starts the controllers. */
  start(startRunner: StartRunner, functionRunner: Runner): void {
    const { versions, aliases } = this.#sources;
    const { rollouts, provisioner, fleet } = this.#deps;
    const { confirmations } = fleet;
    const book = this.#book;
    const versionController = new VersionController({
      ...this.#deps,
      numbers: this.#deps.versionNumbers,
      book,
      turns: this.#turns,
      code: new CodeChecks(this.#deps),
      startFailure: fleet.startFailure.bind(fleet),
    });
    const aliasController = new AliasController({
      ...this.#deps,
      book,
      makeId: randomUUID,
      makeUrl: this.#deps.makeAliasUrl,
      isVersionConfirmed: ({ metadata: { namespace, name, generation } }) =>
        confirmations.isConfirmed({ kind: 'Version', namespace, name, generation }),
      isRoutingConfirmed: (alias) => {
        const { namespace, name, generation } = alias.metadata;
        const content = describeRoutingState(alias);
        return confirmations.isConfirmed({ kind: 'Alias', namespace, name, generation, content });
      },
      listSilent: (of) => confirmations.silent(of),
    });
    const version = startRunner(versionController, versions);
    const alias = startRunner(aliasController, aliases);
    this.#followConfirmations(alias);
    this.#followStartFailures(version);
    wireReleases({
      book,
      informers: this.#sources,
      enqueue: {
        fn: functionRunner.enqueue.bind(functionRunner),
        version: version.enqueue.bind(version),
        alias: alias.enqueue.bind(alias),
        dependants: (fn) => {
          for (const listener of this.#newsListeners) listener(fn);
        },
      },
    });
    rollouts.follow(aliases);
    rollouts.onNews(alias.enqueue.bind(alias));
    provisioner.onChange((kind, key) => {
      (kind === 'Alias' ? alias : version).enqueue(key);
    });
  }

  /** Starts fail and succeed as often as there are invocations: that is written down once a second at the most. */
  #followStartFailures(versionRunner: Runner): void {
    const { clock, fleet } = this.#deps;
    const pending = new Map<string, ObjectKey>();
    const flush = (): void => {
      for (const key of pending.values()) versionRunner.enqueue(key);
      pending.clear();
    };
    fleet.onStartFailure((of, version) => {
      for (const { metadata, spec } of this.#book.facts(of).versions) {
        if (spec.version?.toString() !== version) continue;
        if (pending.size === 0) clock.after(FAILURE_DELAY_MS, flush);
        pending.set(metadata.uid, metadata);
      }
    });
  }

  #followConfirmations(aliasRunner: Runner): void {
    const { confirmations } = this.#deps.fleet;
    const { versions, aliases } = this.#sources;
    confirmations.onConfirmed((state) => {
      if (state.kind === 'Alias') aliasRunner.enqueue(state);
      const version = state.kind === 'Version' ? versions.get(state) : undefined;
      if (version === undefined) return;
      const waiting = this.#book.facts(toVersionedFunction(version)).aliases;
      for (const { metadata } of waiting) aliasRunner.enqueue(metadata);
    });
    aliases.onChange(({ namespace, name }, object) => {
      if (object === undefined) confirmations.forget({ kind: 'Alias', namespace, name });
    });
    versions.onChange(({ namespace, name }, object) => {
      if (object === undefined) confirmations.forget({ kind: 'Version', namespace, name });
    });
  }
}
