import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareCode } from './prepare-code.ts';

/** A zip with one file of 16 bytes. */
const ARCHIVE =
  'UEsDBBQAAAgIAAAAIQDVaNbPBQAAABAAAAABAAAAYUtMRAUAUEsBAj8DFAAACAgAAAAhANVo1s8FAAAAEAAAAAEAAAAAAAAAAAAA' +
  'AKSBAAAAAGFQSwUGAAAAAAEAAQAvAAAAJAAAAAAA';
const DEADLINE_MS = 10_000;

/**
 * Puts nobody's code in place, below `directory`, and takes it away again. The first time costs twice what the second
 * does, because all that it runs has to be loaded and compiled: one that waits for a function has the time for that.
 */
export async function rehearse(directory: string): Promise<void> {
  const archive = Buffer.from(ARCHIVE, 'base64');
  const code = {
    codeSha256: createHash('sha256').update(archive).digest('base64'),
    codeSize: archive.length,
    source: { kind: 'attached', archive },
  } as const;
  const taskRoot = join(directory, 'rehearsal');
  const options = { taskRoot, token: '', trustedOrigin: undefined };
  try {
    await prepareCode(code, options, AbortSignal.timeout(DEADLINE_MS));
  } finally {
    await rm(taskRoot, { recursive: true, force: true });
  }
}
