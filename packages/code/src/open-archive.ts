import yauzl, { type ZipFile } from 'yauzl';
import { RefusedCodeError } from './refusal.ts';

/**
 * Opens an archive that is in memory, or in a file: then it must be closed.
 * @throws RefusedCodeError when it is none
 */
export function openArchive(archive: Uint8Array | { readonly path: string }): Promise<ZipFile> {
  if ('path' in archive) {
    const { path } = archive;
    return asRefusal(() => yauzl.openPromise(path, { decodeStrings: false, autoClose: false }));
  }
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  return asRefusal(() => yauzl.fromBufferPromise(bytes, { decodeStrings: false }));
}

/** Errors of reading the archive are the archive's fault; errors of the disk are not and are thrown as they are. */
export async function asRefusal<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RefusedCodeError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new RefusedCodeError('InvalidZipFile', `The archive cannot be read: ${detail}`, {
      cause: error,
    });
  }
}
