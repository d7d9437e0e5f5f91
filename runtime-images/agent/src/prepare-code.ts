import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackZip } from '@mayfly/code/unpack';
import type { AssignedCode, CodeDurations } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';
import { download } from './download.ts';
import type { DownloadOptions } from './download.ts';

/** Where code goes, and who may be told the agent's token. */
export interface CodePreparation extends Omit<DownloadOptions, 'sizeBytes'> {
  readonly taskRoot: string;
}

/**
 * Fetches a function's archive, checks it, and unpacks it into the task root; says how long that took. Loaded only
 * when there is an assignment: an agent that waits has no use for what it imports.
 */
export async function prepareCode(
  code: AssignedCode,
  options: CodePreparation,
  signal: AbortSignal,
): Promise<CodeDurations> {
  if (code.codeSize > LIMITS.maxUnpackedCodeBytes) throw new Error('the archive is too large');
  const { taskRoot } = options;
  mkdirSync(taskRoot, { recursive: true });
  // The task root is a mount and exists: beside it there may be no room, or another file system.
  const staging = join(taskRoot, `.mayfly-${randomUUID()}`);
  const file = `${staging}.zip`;
  const startedMs = performance.now();
  try {
    const archive = await fetchArchive(code, { ...options, path: file }, signal);
    const fetchedMs = performance.now();
    await unpack(archive, { staging, taskRoot });
    return { downloadMs: fetchedMs - startedMs, unpackMs: performance.now() - fetchedMs };
  } finally {
    rmSync(file, { force: true });
  }
}

type Archive = Buffer | { readonly path: string };

async function fetchArchive(
  { source, codeSha256, codeSize }: AssignedCode,
  options: CodePreparation & { readonly path: string },
  signal: AbortSignal,
): Promise<Archive> {
  if (source.kind === 'inline') {
    const archive = Buffer.from(source.archiveBase64, 'base64');
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

async function unpack(
  archive: Archive,
  { staging, taskRoot }: { readonly staging: string; readonly taskRoot: string },
): Promise<void> {
  // The function runs as another user than this one, and the agent has nothing else to do until it does.
  const result = await unpackZip(archive, staging, { isForEverybody: true, isAlone: true });
  if (result.kind !== 'unpacked') throw new Error(result.message);
  for (const name of readdirSync(staging)) renameSync(join(staging, name), join(taskRoot, name));
  rmdirSync(staging);
}
