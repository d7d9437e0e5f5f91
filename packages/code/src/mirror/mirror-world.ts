import path from 'node:path';
import type { CodeMirror, MirrorOrder, MirrorReport } from '@mayfly/core';
import { CodeStoreUnavailableError } from '@mayfly/core';
import { FolderCodeStore } from '../folder-code-store.ts';
import type { MirrorLogger, MirrorObserver } from './mirror-observer.ts';

/** Says nothing. */
export const silentMirrorLogger: MirrorLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};

/** Remembers what it was told last. */
export class RecordingObserver implements MirrorObserver {
  kept = 0;
  missing = 0;
  bytes = 0;
  inStepMs: number | undefined;
  followerCount = 0;
  uncopiedCount = 0;

  count({ kept, missing }: { readonly kept: number; readonly missing: number }): void {
    this.kept = kept;
    this.missing = missing;
  }

  mirrored(bytes: number): void {
    this.bytes += bytes;
  }

  inStep(atMs: number): void {
    this.inStepMs = atMs;
  }

  followers(count: number): void {
    this.followerCount = count;
  }

  uncopied(): void {
    this.uncopiedCount += 1;
  }
}

/** The disk of an operator. */
export interface OperatorDisk {
  readonly local: FolderCodeStore;
  readonly stagingDir: string;
}

/** The disk of one operator among others. */
export function makeDisk(folder: string, name: string): OperatorDisk {
  const own = path.join(folder, name);
  return { local: new FolderCodeStore(own), stagingDir: path.join(own, '.mirror') };
}

/** The way to the leader, in one process: it can lead nowhere, and break. */
export class SwitchableMirror implements CodeMirror {
  #target: CodeMirror | undefined;
  #broken = new AbortController();

  /** Breaks what there is, and leads to another from now on. */
  switchTo(target: CodeMirror | undefined): void {
    this.#broken.abort(new CodeStoreUnavailableError('the connection broke'));
    this.#broken = new AbortController();
    this.#target = target;
  }

  open(...[codeSha256, signal]: Parameters<CodeMirror['open']>): ReturnType<CodeMirror['open']> {
    return this.#reach().open(codeSha256, AbortSignal.any([signal, this.#broken.signal]));
  }

  give(...[archive, signal]: Parameters<CodeMirror['give']>): ReturnType<CodeMirror['give']> {
    return this.#reach().give(archive, AbortSignal.any([signal, this.#broken.signal]));
  }

  async *follow(
    reports: AsyncIterable<MirrorReport>,
    signal: AbortSignal,
  ): AsyncGenerator<MirrorOrder> {
    yield* this.#reach().follow(reports, AbortSignal.any([signal, this.#broken.signal]));
  }

  #reach(): CodeMirror {
    if (this.#target === undefined) throw new CodeStoreUnavailableError('nobody leads');
    return this.#target;
  }
}
