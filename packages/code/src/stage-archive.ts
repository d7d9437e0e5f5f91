import { createHash, randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ArchiveFile } from '@mayfly/core';
import { describeBytes } from './code-limits.ts';
import { RefusedCodeError } from './refusal.ts';

/**
 * Writes an archive to a file of its own in the folder, and counts and hashes it on the way: whatever its size, a
 * piece of it at a time is in memory. The caller removes the file; after an error there is none.
 * @throws RefusedCodeError when there are more bytes than allowed
 */
export async function stageArchive(
  chunks: AsyncIterable<Uint8Array>,
  { folder, maxBytes }: { readonly folder: string; readonly maxBytes: number },
): Promise<ArchiveFile> {
  const file = path.join(folder, `${randomUUID()}.zip`);
  const hash = createHash('sha256');
  let codeSize = 0;
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of chunks) {
      codeSize += chunk.byteLength;
      if (codeSize > maxBytes) throw tooLarge(maxBytes);
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.close();
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
  return { path: file, codeSha256: hash.digest('base64'), codeSize };
}

function tooLarge(maxBytes: number): RefusedCodeError {
  return new RefusedCodeError(
    'CodeTooLarge',
    `The archive is larger than ${describeBytes(maxBytes)}.`,
  );
}
