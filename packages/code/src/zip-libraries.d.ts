// yauzl and yazl ship no types: what this package uses of them.

declare module 'yauzl' {
  import type { Readable } from 'node:stream';

  export interface ExtraField {
    readonly id: number;
    readonly data: Buffer;
  }

  export interface Entry {
    readonly versionMadeBy: number;
    readonly generalPurposeBitFlag: number;
    readonly compressionMethod: number;
    readonly crc32: number;
    readonly compressedSize: number;
    readonly uncompressedSize: number;
    readonly externalFileAttributes: number;
    readonly fileNameRaw: Buffer;
    readonly extraFields: ExtraField[];
    isEncrypted(): boolean;
    canDecodeFileData(): boolean;
  }

  export interface ZipFile {
    readonly entryCount: number;
    eachEntry(): AsyncIterable<Entry>;
    /** `decodeFileData: false`: as it is in the archive. */
    openReadStreamPromise(
      entry: Entry,
      options?: { readonly decodeFileData?: boolean },
    ): Promise<Readable>;
    /** Rejects when its bytes are not all there. */
    readLocalFileHeaderPromise(
      entry: Entry,
      options: { readonly minimal: true },
    ): Promise<{ readonly fileDataStart: number }>;
    close(): void;
  }

  export interface Options {
    readonly decodeStrings?: boolean;
    /** Closes the file when the last entry was read. */
    readonly autoClose?: boolean;
    readonly validateEntrySizes?: boolean;
  }

  const yauzl: {
    fromBufferPromise(buffer: Buffer, options?: Options): Promise<ZipFile>;
    openPromise(path: string, options?: Options): Promise<ZipFile>;
    getFileNameLowLevel(
      generalPurposeBitFlag: number,
      fileNameRaw: Buffer,
      extraFields: readonly ExtraField[],
      strictFileNames: boolean,
    ): string;
  };
  export default yauzl;
}

declare module 'yazl' {
  import type { Readable } from 'node:stream';

  export interface EntryOptions {
    readonly mtime: Date;
    readonly mode: number;
    readonly forceDosTimestamp: boolean;
    readonly compress?: boolean;
  }

  export class ZipFile {
    readonly outputStream: Readable;
    addBuffer(buffer: Buffer, metadataPath: string, options: EntryOptions): void;
    end(): void;
    on(event: 'error', listener: (error: Error) => void): this;
  }
  const yazl: { ZipFile: typeof ZipFile };
  export default yazl;
}
