import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackZip } from '@mayfly/code/unpack';
import type { AssignedCode } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';
import { download } from './download.ts';
import type { DownloadOptions } from './download.ts';

/** Where code goes, and who may be told the agent's token. */
export interface CodePreparation extends Pick<DownloadOptions, 'token' | 'trustedOrigin'> {
  readonly taskRoot: string;
}

/**
 * Fetches a function's archive, checks it, and unpacks it into the task root. Loaded only when there is an
 * assignment: an agent that waits has no use for what it imports.
 */
export async function prepareCode(
  code: AssignedCode,
  options: CodePreparation,
  signal: AbortSignal,
): Promise<void> {
  if (code.codeSize > LIMITS.maxUnpackedCodeBytes) throw new Error('the archive is too large');
  const archive = await readArchive(code, options, signal);
  const digest = createHash('sha256').update(archive).digest('base64');
  if (archive.length !== code.codeSize || digest !== code.codeSha256) {
    throw new Error('the archive is not the one that was published: its checksum differs');
  }
  await unpack(archive, options.taskRoot);
}

function readArchive(
  code: AssignedCode,
  options: CodePreparation,
  signal: AbortSignal,
): Promise<Buffer> {
  const { source } = code;
  if (source.kind === 'inline') return Promise.resolve(Buffer.from(source.archiveBase64, 'base64'));
  const { token, trustedOrigin } = options;
  return download(source.url, { token, trustedOrigin, sizeBytes: code.codeSize }, signal);
}

// The task root is a mount and exists: the archive is unpacked beside its place and moved.
async function unpack(archive: Buffer, taskRoot: string): Promise<void> {
  await mkdir(taskRoot, { recursive: true });
  const staging = join(taskRoot, `.mayfly-${randomUUID()}`);
  const result = await unpackZip(archive, staging);
  if (result.kind !== 'unpacked') throw new Error(result.message);
  await openForReaders(staging);
  for (const name of await readdir(staging))
    await rename(join(staging, name), join(taskRoot, name));
  await rmdir(staging);
}

// The function runs as another user than this one, whatever modes its author's archive has.
async function openForReaders(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) {
      const { mode } = await stat(path);
      await chmod(path, (mode & 0o111) === 0 ? 0o644 : 0o755);
    }
  }
}
