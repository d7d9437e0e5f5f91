import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';

/** One file of an archive to make. */
export type ZipEntry =
  | {
      readonly kind: 'file';
      /** With `/`, relative to the root. */
      readonly path: string;
      readonly content: Uint8Array;
      readonly isExecutable: boolean;
    }
  | {
      readonly kind: 'link';
      readonly path: string;
      /** What the symbolic link says. */
      readonly target: string;
    };

const FILE = 0o100_000;
const LINK = 0o120_000;
// The first moment that a zip can name. Read as local time by yazl and written as such: the same everywhere.
const MODIFIED = new Date(1980, 0, 1);

/** Makes an archive whose bytes depend on names, contents and the executable bit alone. */
export async function makeZip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  const failed = new Promise<never>((_resolve, reject) => zip.on('error', reject));
  const sorted = entries.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (const entry of sorted) addEntry(zip, entry);
  zip.end();
  return Promise.race([buffer(zip.outputStream), failed]);
}

function addEntry(zip: InstanceType<typeof yazl.ZipFile>, entry: ZipEntry): void {
  const stamp = { mtime: MODIFIED, forceDosTimestamp: true };
  switch (entry.kind) {
    case 'file': {
      const content = Buffer.from(
        entry.content.buffer,
        entry.content.byteOffset,
        entry.content.byteLength,
      );
      const mode = FILE | (entry.isExecutable ? 0o755 : 0o644);
      zip.addBuffer(content, entry.path, { ...stamp, mode });
      return;
    }
    case 'link':
      zip.addBuffer(Buffer.from(entry.target), entry.path, {
        ...stamp,
        mode: LINK | 0o777,
        compress: false,
      });
      return;
  }
}
