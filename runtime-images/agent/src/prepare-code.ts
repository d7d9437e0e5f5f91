import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_CODE_LIMITS, mergeFolder, unpackZip } from '@mayfly/code/unpack';
import type { AssignedCode, CodeDurations } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';
import { download } from './download.ts';
import type { DownloadOptions } from './download.ts';

/** Where code goes, and who may be told the agent's token. */
export interface CodePreparation extends Omit<DownloadOptions, 'sizeBytes'> {
  readonly taskRoot: string;
  /** Unpacked one after the other into `layersRoot`. */
  readonly layers?: readonly AssignedCode[] | undefined;
  readonly layersRoot?: string | undefined;
}

/**
 * Fetches a function's archive and those of its layers, checks them, and unpacks them; says how long that took. Loaded
 * only when there is an assignment: an agent that waits has no use for what it imports.
 */
export async function prepareCode(
  code: AssignedCode,
  options: CodePreparation,
  signal: AbortSignal,
): Promise<CodeDurations> {
  const { layers = [], layersRoot } = options;
  const codes = layersRoot === undefined ? [code] : [code, ...layers];
  const durations = { downloadMs: 0, unpackMs: 0 };
  // Of all together, as in Lambda.
  let roomBytes: number = LIMITS.maxUnpackedCodeBytes;
  for (const [n, each] of codes.entries()) {
    const root = n === 0 ? options.taskRoot : (layersRoot ?? '');
    const placed = await place(each, { ...options, root, roomBytes, isLayer: n > 0 }, signal);
    durations.downloadMs += placed.downloadMs;
    durations.unpackMs += placed.unpackMs;
    roomBytes -= placed.unpackedBytes;
  }
  return durations;
}

/** Where one archive goes. */
interface Placement extends CodePreparation {
  readonly root: string;
  readonly roomBytes: number;
  readonly isLayer: boolean;
}

async function place(
  code: AssignedCode,
  options: Placement,
  signal: AbortSignal,
): Promise<CodeDurations & { readonly unpackedBytes: number }> {
  if (code.codeSize > LIMITS.maxUnpackedCodeBytes) throw new Error('the archive is too large');
  const { root } = options;
  mkdirSync(root, { recursive: true });
  // The root is a mount and exists: beside it there may be no room, or another file system.
  const staging = join(root, `.mayfly-${randomUUID()}`);
  const file = `${staging}.zip`;
  const startedMs = performance.now();
  try {
    const archive = await fetchArchive(code, { ...options, path: file }, signal);
    const fetchedMs = performance.now();
    const unpackedBytes = await unpack(archive, { ...options, staging });
    return {
      downloadMs: fetchedMs - startedMs,
      unpackMs: performance.now() - fetchedMs,
      unpackedBytes,
    };
  } finally {
    rmSync(file, { force: true });
  }
}

type Archive = Uint8Array | { readonly path: string };

async function fetchArchive(
  { source, codeSha256, codeSize }: AssignedCode,
  options: CodePreparation & { readonly path: string },
  signal: AbortSignal,
): Promise<Archive> {
  if (source.kind === 'attached') {
    const { archive } = source;
    const digest = createHash('sha256').update(archive).digest('base64');
    if (archive.length !== codeSize || digest !== codeSha256) throw makeMismatch();
    return archive;
  }
  const { path } = options;
  const digest = await download(source.url, { ...options, sizeBytes: codeSize }, signal);
  if (digest !== codeSha256) throw makeMismatch();
  return { path };
}

function makeMismatch(): Error {
  return new Error('the archive is not the one that was published: its checksum differs');
}

/** Answers how many bytes there are now. */
async function unpack(
  archive: Archive,
  { staging, root, roomBytes, isLayer }: Placement & { readonly staging: string },
): Promise<number> {
  const limits = { ...DEFAULT_CODE_LIMITS, maxUnpackedBytes: roomBytes };
  // The function runs as another user than this one, and the agent has nothing else to do until it does.
  const result = await unpackZip(archive, staging, { limits, isForEverybody: true, isAlone: true });
  if (result.kind !== 'unpacked') throw new Error(result.message);
  if (isLayer) {
    await mergeFolder(staging, root);
  } else {
    for (const name of readdirSync(staging)) renameSync(join(staging, name), join(root, name));
    rmdirSync(staging);
  }
  return result.unpackedBytes;
}
