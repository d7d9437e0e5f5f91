import path from 'node:path';
import { findUsedCode, FolderCodeStore, UnusedCode } from '@mayfly/code';
import type { Clock, CodeStore, CodeUploads } from '@mayfly/core';
import { LocalCodeResolver, LocalCodeUploads, LocalLayers } from '@mayfly/local';
import type { OperatorHandle } from '@mayfly/operator';
import type { Logger } from '@mayfly/telemetry';

/** Packages of functions on this machine. */
export interface LocalCode {
  readonly code: LocalCodeResolver;
  readonly codeStore: Pick<CodeStore, 'open' | 'retain'>;
  readonly codeUploads: CodeUploads;
  readonly layers: LocalLayers;
  /** Forgets what nothing uses, as this operator knows it: now and every hour. Returns the way to stop. */
  forgetUnused(operator: CodeUsers): Promise<() => Promise<void>>;
}

type CodeUsers = Pick<OperatorHandle, 'functions' | 'versions' | 'layers'>;

/** Of what is put: a platform that starts again does not know what it was told a moment before. */
const GRACE_MS = 3_600_000;

/** Makes what handles packages in one state directory. */
export function makeLocalCode({
  stateDirectory,
  clock,
  logger,
}: {
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}): LocalCode {
  let known: CodeUsers | undefined;
  const archives = new FolderCodeStore(path.join(stateDirectory, 'code'), { graceMs: GRACE_MS });
  const code = new LocalCodeResolver({
    codeStore: archives,
    unpackedDir: path.join(stateDirectory, 'unpacked'),
    baseDir: stateDirectory,
    clock,
    claim: (codeSha256) => unused.claim(codeSha256),
  });
  const codeStore = retainBoth(archives, code);
  const unused = new UnusedCode({
    codeStore,
    functions: () => known?.functions(),
    versions: () => known?.versions(),
    layers: () => known?.layers(),
    clock,
    onForgotten: (count) => {
      logger.info({ count }, 'forgot archives that nobody uses');
    },
    onError: (err) => {
      logger.warn({ err }, 'forgetting unused archives failed');
    },
  });
  return {
    code,
    codeStore,
    layers: new LocalLayers({
      codeStore: archives,
      layersDir: path.join(stateDirectory, 'layers'),
    }),
    codeUploads: new LocalCodeUploads({ code, codeStore: archives }),
    forgetUnused: async (operator) => {
      known = operator;
      const layers = operator.layers();
      if (layers !== undefined) {
        const users = { functions: operator.functions(), versions: operator.versions(), layers };
        await codeStore.retain(findUsedCode(users));
      }
      unused.start();
      return () => unused.close();
    },
  };
}

/** An unpacked package goes with its archive. One that was just put is unpacked again when it is needed. */
function retainBoth(
  archives: CodeStore,
  unpacked: Pick<LocalCodeResolver, 'retain'>,
): Pick<CodeStore, 'open' | 'retain'> {
  return {
    open: (codeSha256, signal) => archives.open(codeSha256, signal),
    async retain(keep, signal) {
      const answers = new Map<string, boolean>();
      const ask = (codeSha256: string): boolean => {
        const answer = answers.get(codeSha256) ?? keep.has(codeSha256);
        answers.set(codeSha256, answer);
        return answer;
      };
      await archives.retain({ has: ask }, signal);
      await unpacked.retain({ has: ask });
    },
  };
}
